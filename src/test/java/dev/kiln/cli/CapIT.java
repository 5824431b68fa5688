package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.cli.KilnProcess.Ended;
import dev.kiln.cli.Rehearsal.Hook;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Webhooks are filled in order, each to its cap; then leads wait. */
@Execution(ExecutionMode.CONCURRENT)
final class CapIT {
  private static final Hook FIRST = new Hook("tech-1", 45);
  private static final Hook SECOND = new Hook("tech-2", 10);

  private static void isUsed(JsonNode status, Hook hook, long used, String state) {
    JsonNode webhook = Rehearsal.named(status.path("webhooks"), "name", hook.name());
    assertThat(webhook.path("used").asLong()).as(hook.name()).isEqualTo(used);
    assertThat(webhook.path("state").asText()).as(hook.name()).isEqualTo(state);
  }

  @Test
  void theLeadBehindTheCapGoesToTheNextWebhookAndWithNoneLeftLeadsWait(@TempDir Path folder) {
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.configure(100, FIRST, SECOND);
      rehearsal.properties();
      rehearsal.write("first.csv", Rehearsal.leads("first", 46));
      assertThat(rehearsal.here("send", "first.csv").exit()).isZero();
      assertThat(rehearsal.stored("tech-1")).isEqualTo(45);
      assertThat(rehearsal.stored("tech-2")).isEqualTo(1);
      JsonNode before = rehearsal.status();
      isUsed(before, FIRST, 45, "full");
      isUsed(before, SECOND, 1, "open");

      rehearsal.write("second.csv", Rehearsal.leads("second", 12));
      Ended none = rehearsal.here("send", "second.csv");
      assertThat(none.exit()).isEqualTo(1);
      assertThat(none.err())
          .contains("outbound-leads-tech waits: ", "used up", "tech-1 45/45, tech-2 10/10");
      assertThat(rehearsal.stored("tech-1")).isEqualTo(45);
      assertThat(rehearsal.stored("tech-2")).isEqualTo(10);
      JsonNode parked = rehearsal.status();
      isUsed(parked, SECOND, 10, "full");
      assertThat(Rehearsal.count(parked, "QUEUED")).isEqualTo(3);
      JsonNode waiting =
          Rehearsal.named(parked.path("tables"), "table", "outbound-leads-tech").path("waiting");
      assertThat(waiting.path("kind").asText()).isEqualTo("EXHAUSTED");
      assertThat(waiting.path("reason").asText()).contains("config/clay.yaml");
      assertThat(rehearsal.here("status").out()).contains("outbound-leads-tech waits: ");

      rehearsal.configure(100, FIRST, SECOND, new Hook("tech-3", 45));
      Ended cured = rehearsal.here("send", "second.csv");
      assertThat(cured.exit()).as(cured.err()).isZero();
      assertThat(rehearsal.stored("tech-3")).isEqualTo(3);
      assertThat(rehearsal.received().path("repeats").asInt()).isZero();
    }
  }

  @Test
  void aWebhookThatClayCallsFullIsExhaustedAndTheNextOneServes(@TempDir Path folder) {
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.order("webhooks", "{\"id\":\"tech-1\",\"cap\":20}");
      rehearsal.configure(100, FIRST, SECOND);
      rehearsal.properties();
      rehearsal.write("leads.csv", Rehearsal.leads("lead", 30));
      Ended sent = rehearsal.here("send", "leads.csv");
      assertThat(sent.exit()).as(sent.err()).isZero();

      JsonNode status = rehearsal.status();
      isUsed(status, FIRST, 20, "exhausted");
      isUsed(status, SECOND, 10, "full");
      assertThat(Rehearsal.named(status.path("webhooks"), "name", "tech-1").path("reason").asText())
          .contains("403", "Record limit reached");
      assertThat(rehearsal.leads())
          .allSatisfy(lead -> assertThat(lead.path("attempts").asInt()).isZero());
      assertThat(rehearsal.arrivals()).hasSize(30);
      assertThat(rehearsal.received().path("repeats").asInt()).isZero();
    }
  }
}
