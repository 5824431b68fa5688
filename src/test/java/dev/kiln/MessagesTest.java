package dev.kiln;

import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.Messages.Message;
import dev.kiln.lead.Lead;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.Priority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What becomes of messages, whatever broker they come from. */
@ResourceLock(RunningKiln.MANAGED)
final class MessagesTest {
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) {
    kiln = new RunningKiln(folder);
  }

  @AfterEach
  void close() {
    kiln.close();
  }

  private Messages messages() {
    return kiln.context().getRegistry().lookupByNameAndType("messages", Messages.class);
  }

  private Exchange take(String key, @Nullable String text) throws InterruptedException {
    Exchange exchange = new DefaultExchange(kiln.context());
    messages().take(exchange, "inbound", Priority.NORMAL, new Message(key, text));
    return exchange;
  }

  private RunAccount run() {
    return kiln.snapshot().runs().get(0);
  }

  @Test
  @DisplayName(
      "the run of a day that is over is closed, with its rejected rows in one file whatever their"
          + " columns; the next message opens another")
  void theDayIsOver() throws Exception {
    kiln.start();
    take("1", "[{\"email\": \"ada@firm.example\"}, {\"email\": \"nobody\", \"city\": \"=Paris\"}]");
    take("2", "name,phone\nAda,123\n");
    take("3", "{\"email\": ");
    take("4", null);
    assertThat(run().phase()).isEqualTo("READING");
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 1);
    kiln.stop();
    try (Connection ledger =
            DriverManager.getConnection("jdbc:sqlite:" + kiln.data().resolve(Ledger.FILE));
        Statement statement = ledger.createStatement()) {
      statement.execute("UPDATE run SET content_hash = 'messages 2026-01-01 normal'");
    }
    kiln.start();
    soon().untilAsserted(() -> assertThat(run().phase()).isEqualTo("READ"));
    RunAccount closed = run();
    assertThat(closed.read()).isEqualTo(5);
    assertThat(Files.readString(kiln.data().resolve("rejects/" + closed.id() + ".csv")).lines())
        .hasSize(5)
        .anyMatch(
            line ->
                line.endsWith(
                    "\"kiln_line\",\"kiln_reason\",\"kiln_text\",\"email\",\"city\",\"name\",\"phone\""))
        .anyMatch(
            line ->
                line.startsWith("\"2\",\"column \"\"email\"\"")
                    && line.endsWith("\"\",\"nobody\",\"'=Paris\",\"\",\"\""))
        .anyMatch(
            line -> line.startsWith("\"3\",") && line.endsWith("\"\",\"\",\"\",\"Ada\",\"123\""))
        .anyMatch(line -> line.startsWith("\"4\",") && line.contains("\"{\"\"email\"\": \""))
        .anyMatch(line -> line.startsWith("\"5\",") && line.contains("is no text"));
    take("1", "{\"email\": \"ada@firm.example\"}");
    assertThat(kiln.snapshot().runs()).as("message 1 was stored before").hasSize(1);
    take("5", "{\"email\": \"bea@firm.example\"}");
    assertThat(kiln.snapshot().runs()).hasSize(2);
  }

  @Test
  @DisplayName("a message too long to be read at once is rejected; one of many rows is one batch")
  void longMessages() throws Exception {
    kiln.start();
    take("1", "email\n" + "x".repeat(Messages.LONGEST));
    StringBuilder many = new StringBuilder("email\n");
    for (int i = 0; i < 1_500; i++) {
      many.append("lead").append(i).append("@firm.example\n");
    }
    take("2", many.toString());
    RunAccount run = run();
    assertThat(run.read()).isEqualTo(1_501);
    assertThat(run.states()).containsEntry(LeadState.REJECTED, 1L);
    assertThat(kiln.app().ledger().batch(run.id(), 1_501)).isEqualTo(2);
  }

  @Test
  @DisplayName("what cannot be read keeps its text, unless that may hold a blocked column")
  void textsOfUnreadableMessages() throws Exception {
    kiln.start();
    take("1", "{\"colour\": \"red\"}");
    take("2", "{\"colour\": \"red\", \"person\": [{\"ssn\": \"078-05-1120\"}]}");
    take("3", "colour,ssn\nred,078-05-1120\n");
    assertThat(run().states()).isEqualTo(Map.of(LeadState.REJECTED, 3L));
    try (LedgerView view = LedgerView.open(kiln.data())) {
      assertThat(view.rejected(run().id(), 0, 10, 10_000))
          .extracting(row -> Lead.parseOriginal(row.payload()))
          .containsExactly(List.of("{\"colour\": \"red\"}"), List.of(""), List.of(""));
    }
  }

  @Test
  @DisplayName("a message that another node stores meanwhile is not stored again")
  void storedMeanwhile() throws Exception {
    kiln.start();
    take("1", "{\"email\": \"ada@firm.example\"}");
    try (Connection ledger =
            DriverManager.getConnection("jdbc:sqlite:" + kiln.data().resolve(Ledger.FILE));
        Statement statement = ledger.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 30000");
      statement.execute(
          "CREATE TRIGGER sooner BEFORE INSERT ON submission WHEN NEW.idempotency_key = '2' BEGIN"
              + " INSERT INTO submission VALUES ('2', 'inbound', '', 'another', 1); END");
    }
    take("2", "{\"email\": \"bea@firm.example\"}");
    take("3", "{\"email\": \"cyd@firm.example\"}");
    assertThat(run().read()).isEqualTo(2);
    assertThat(kiln.ledgerLines()).hasSize(2);
  }

  @Test
  @DisplayName("while reading is held, a message waits, and is given back if that lasts")
  void heldMessagesAreGivenBack() throws Exception {
    kiln.start();
    Intake intake = kiln.context().getRegistry().lookupByNameAndType("intake", Intake.class);
    assertThat(intake.hold(Duration.ofSeconds(20))).isTrue();
    assertThatThrownBy(() -> take("1", "{\"email\": \"ada@firm.example\"}"))
        .isInstanceOf(ReadingStopped.class)
        .hasMessageContaining("stays with its broker");
    assertThat(kiln.snapshot().runs()).isEmpty();
    intake.goOn();
    assertThat(take("1", "{\"email\": \"ada@firm.example\"}").isRollbackOnly()).isFalse();
    assertThat(kiln.ledgerLines()).hasSize(1);
  }
}
