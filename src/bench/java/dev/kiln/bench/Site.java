package dev.kiln.bench;

import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.Pausable;
import dev.kiln.ledger.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;

/** The folders of one Kiln: its configuration, its data, and the processes that run on them. */
final class Site {
  static final Path PROJECT = Path.of("").toAbsolutePath();

  /** So fast that the pace holds nothing up. */
  static final double UNPACED = 1_000_000;

  /** What no measure is about: quick looks at the inbox. */
  static final List<String> QUICK_INBOX =
      List.of("kiln.intake.poll = 100ms", "kiln.intake.stability = 200ms");

  /** Every table of the shipped routes, with a webhook. */
  private static final Map<String, String> TABLES =
      new TreeMap<>(
          Map.of(
              "outbound-leads-tech", "tech-1",
              "outbound-leads-finance", "finance-1",
              "inbound-leads", "inbound-1",
              "event-attendees", "events-1"));

  private final Path folder;

  /**
   * A site in a folder of its own.
   *
   * @param folder is made
   * @param properties lines of application.properties
   */
  Site(Path folder, List<String> properties) {
    this.folder = folder;
    try {
      Path config = Files.createDirectories(folder.resolve("config"));
      for (String list :
          List.of("industries.csv", "personal-domains.txt", "disposable-domains.txt")) {
        Files.copy(PROJECT.resolve("config").resolve(list), config.resolve(list));
      }
      List<String> lines = new ArrayList<>(properties);
      lines.add("kiln.http.listen = 127.0.0.1:0");
      Files.write(config.resolve("application.properties"), lines);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Lets Kiln post to a receiver at a rate, without caps. */
  Site posting(Clay clay, double rate) {
    StringBuilder yaml =
        new StringBuilder("workspaces:\n  main: { rate-per-second: " + (long) rate + " }\n");
    yaml.append("tables:\n");
    TABLES.forEach(
        (table, webhook) ->
            yaml.append(
                "  %s: { auto-delete: true, webhooks: [ { name: %s, url: \"%s\" } ] }%n"
                    .formatted(table, webhook, clay.webhook(webhook))));
    try {
      Files.writeString(folder.resolve("config/clay.yaml"), yaml);
      return this;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  Path folder() {
    return folder;
  }

  private Path data() {
    return folder.resolve("data");
  }

  /** {@code kiln run}, ready. */
  KilnRun run(String... javaOptions) {
    return KilnRun.kiln(this, javaOptions);
  }

  /**
   * Puts a file into the inbox at one go.
   *
   * @return when it was there
   */
  Instant drop(Path file) {
    Path inbox = data().resolve("inbox/normal");
    try {
      Files.createDirectories(inbox);
      Instant now = Instant.now();
      Files.move(file, inbox.resolve(file.getFileName()));
      return now;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** Pauses the workspace or lets it go on, as an operator does. */
  void pause(boolean paused) {
    try (Ledger ledger = Ledger.openBeside(Store.embedded(data()))) {
      ledger.pause(Pausable.WORKSPACE, "main", paused);
    }
  }

  /**
   * Waits until a file was read to its end.
   *
   * @return how long that took, from the first sign of its run, seconds
   */
  double awaitRead(Path file) {
    String name = file.getFileName().toString();
    try (LedgerView view = LedgerView.open(data())) {
      await(name + " is opened", () -> account(view, name).isPresent());
      long begun = System.nanoTime();
      await(
          name + " is read",
          () -> account(view, name).filter(run -> run.phase().equals("READ")).isPresent());
      return (System.nanoTime() - begun) / 1e9;
    }
  }

  private static Optional<RunAccount> account(LedgerView view, String name) {
    return view.snapshot().runs().stream().filter(run -> run.name().equals(name)).findAny();
  }

  static void await(String what, Callable<Boolean> condition) {
    Awaitility.await(what)
        .atMost(Clay.LONGEST)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(10))
        .until(condition);
  }
}
