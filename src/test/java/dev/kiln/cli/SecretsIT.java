package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.WaitReason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What a real process prints with every logger at DEBUG, while Clay fails in every way. */
@Execution(ExecutionMode.CONCURRENT)
final class SecretsIT {
  private static final String TOKEN = "t0ken-very-secret";

  /** What must show nowhere: webhook URLs, tokens, and what is in a lead. */
  private static final String[] SECRETS = {
    "pull-in-data-from", TOKEN, "@zebedee.example", "Zebedee", "Quilp and Sons"
  };

  private static final int LEADS = 30;

  private static String leads(String prefix, String industry) {
    return IntStream.range(0, LEADS)
        .mapToObj(i -> prefix + i + "@zebedee.example,Zebedee,Quilp and Sons," + industry + "\n")
        .collect(Collectors.joining("", "email,first name,company,industry\n", "not a lead,,,\n"));
  }

  @Test
  void noSecretAndNoLeadIsPrintedAtDebug(@TempDir Path folder) throws Exception {
    try (Rehearsal rehearsal = new Rehearsal(folder, "--rate", "0")) {
      rehearsal.configure(100);
      Path yaml = folder.resolve("config/clay.yaml");
      rehearsal.write(
          "config/clay.yaml",
          Rehearsal.read(yaml)
              .replace("name: tech-1,", "name: tech-1, token: " + TOKEN + ",")
              .replace("name: events-1,", "name: events-1, token: " + TOKEN + "-wrong,"));
      rehearsal.properties(
          "kiln.delivery.first-wait = 1s",
          "kiln.breaker.open = 1s",
          "kiln.http.response-timeout = 1s");
      rehearsal.order(
          "webhooks",
          "[{\"id\": \"tech-1\", \"token\": \"%s\"}, {\"id\": \"events-1\", \"token\": \"%s\"}]"
              .formatted(TOKEN, TOKEN));
      rehearsal.order(
          "faults",
          """
          [{"kind": "status", "status": 503, "next": 12, "webhook": "tech-1"},
           {"kind": "hang", "next": 1, "webhook": "tech-1"},
           {"kind": "reset-before-store", "next": 2, "webhook": "tech-1"},
           {"kind": "cut-answer", "next": 2, "webhook": "tech-1"},
           {"kind": "status", "status": 429, "next": 1, "webhook": "tech-1"},
           {"kind": "status", "status": 400, "next": 2, "webhook": "tech-1"},
           {"kind": "status", "status": 404, "webhook": "finance-1"}]
          """);
      KilnProcess kiln = rehearsal.run("-Dkiln.log.root=DEBUG", "-Dkiln.log=DEBUG");
      rehearsal.drop("tech.csv", leads("tech", "Software"));
      rehearsal.drop("bank.csv", leads("bank", "Banking"));
      rehearsal.drop("events/fair.csv", leads("fair", "Banking"));
      rehearsal.drop("strange.csv", "Zebedee,Quilp and Sons,zebedee.example\n");
      rehearsal.awaitLedger(
          "one table settled, two whose webhooks refuse",
          snapshot ->
              snapshot.tables().size() == 3
                  && snapshot.tables().stream()
                      .allMatch(
                          table ->
                              table.name().equals("outbound-leads-tech")
                                  ? table.states().keySet().stream().noneMatch(LeadState::open)
                                  : table.waiting() != null
                                      && table.waiting().kind() == WaitReason.REFUSING));
      assertThat(lines(threads(kiln))).as("threads").isEmpty();
      kiln.terminateAtDebug();

      assertThat(kiln.err().lines()).as("lines at DEBUG").hasSizeGreaterThan(1000);
      assertThat(kiln.err()).contains("HTTP 503", "429", "looks like data");
      assertThat(lines(kiln.err())).as("log").isEmpty();
      assertThat(lines(kiln.out())).as("output").isEmpty();
      for (String command : List.of("status", "leads", "check")) {
        KilnProcess.Ended ended = rehearsal.kiln(command);
        assertThat(lines(ended.out() + ended.err())).as(command).isEmpty();
      }
    }
  }

  /** The lines that show a secret. */
  private static List<String> lines(String text) {
    return text.lines()
        .filter(line -> Arrays.stream(SECRETS).anyMatch(line::contains))
        .limit(10)
        .toList();
  }

  /** Every thread's name and stack, as {@code jcmd} prints them. */
  private static String threads(KilnProcess kiln) throws Exception {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                String.valueOf(kiln.pid()),
                "Thread.print")
            .redirectErrorStream(true)
            .start();
    String threads = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(threads).contains("kiln-ledger-writer");
    return threads;
  }
}
