package dev.kiln.bench;

import dev.kiln.lead.ContentHash;
import dev.kiln.lead.LeadKey;
import dev.kiln.ledger.Amount;
import dev.kiln.ledger.Batch;
import dev.kiln.ledger.Budget;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.Due;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Lease;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.ListedWebhook;
import dev.kiln.ledger.NewLead;
import dev.kiln.ledger.Pending;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import dev.kiln.ledger.Sending;
import dev.kiln.ledger.Settlement;
import dev.kiln.ledger.Settlement.WebhookNews;
import dev.kiln.ledger.Store;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * How many leads a second the ledger begins and settles, each durably, in this process: SQLite, and
 * a PostgreSQL on the same computer.
 */
final class LedgerSpeed implements Measure {
  private static final String TABLE = "outbound-leads-tech";
  private static final int BATCH = 100;
  private static final Duration WEEK = Duration.ofDays(7);

  private static final Settlement ACCEPTED =
      new Settlement(
          LeadState.ACCEPTED, null, "", false, true, WebhookNews.WORKS, null, 200, 5, 400);

  /** A lead is charged to a day and a month, as by the shipped clay.yaml. */
  private static Budget budget(Instant now) {
    return new Budget(
        Map.of(TABLE, new Amount(6000, 4000)),
        Budget.Caps.NONE,
        List.of(period("day", now), period("month", now)),
        null);
  }

  private static Budget.Period period(String name, Instant now) {
    return new Budget.Period(name, now.plus(WEEK), Budget.Caps.NONE);
  }

  @Override
  public void take(Scale scale, Figures figures) throws Exception {
    Path folder = Files.createDirectories(scale.folder().resolve("ledger"));
    try (Ledger embedded = Ledger.open(folder, Clock.systemUTC())) {
      take(figures, embedded, scale.of(20_000, 100_000), "ledger", "Ledger");
    }
    try (EmbeddedPostgres server = durable(scale.folder().resolve("postgresql"));
        Ledger shared =
            Ledger.open(
                Store.postgres(
                    "jdbc:postgresql://localhost:" + server.getPort() + "/postgres",
                    "postgres",
                    null))) {
      take(figures, shared, scale.of(4_000, 20_000), "postgresql", "Ledger in PostgreSQL");
    }
  }

  /** A PostgreSQL that keeps what it has committed, as it comes from its makers. */
  private static EmbeddedPostgres durable(Path data) throws IOException {
    return EmbeddedPostgres.builder()
        .setDataDirectory(data)
        .setServerConfig("fsync", "on")
        .setServerConfig("synchronous_commit", "on")
        .start();
  }

  private static void take(Figures figures, Ledger ledger, int leads, String id, String what)
      throws InterruptedException {
    ledger.register(List.of(new ListedWebhook("id", "tech-1", TABLE, "tech-1", 0, 0, 0)));
    Lease lease = ledger.lead("main", "bench", WEEK, true).orElseThrow();
    warmUp(ledger, lease, leads / 2);
    int few = leads / 20;
    store(ledger, few);
    figures.add(
        id + ".alone",
        what + ", begin and settle, one at a time",
        settle(ledger, lease, 1, few),
        "pairs/s");
    Duration used = Machine.used();
    double stored = store(ledger, leads);
    double settled = settle(ledger, lease, 32, leads);
    figures.add(id + ".stored", what + ", leads stored in batches", stored, "rows/s");
    figures.add(id + ".pairs", what + ", begin and settle, 32 at a time", settled, "pairs/s");
    figures.add(
        id + ".processor",
        what + ": Kiln's processor time of a lead, stored, begun and settled",
        Machine.used().minus(used).toNanos() / 1e3 / leads,
        "µs");
  }

  private static void warmUp(Ledger ledger, Lease lease, int leads) throws InterruptedException {
    double stored = store(ledger, leads);
    double settled = settle(ledger, lease, 32, leads);
    if (stored <= 0 || settled <= 0) {
      throw new IllegalStateException("The ledger took no time.");
    }
  }

  /** Begins and settles all queued leads; how many a second. */
  private static double settle(Ledger ledger, Lease lease, int threads, int leads)
      throws InterruptedException {
    Queue<Due> due =
        new ConcurrentLinkedQueue<>(ledger.due(Map.of(TABLE, leads), leads, Set.of(), null));
    List<Thread> senders = new ArrayList<>();
    long begun = System.nanoTime();
    for (int i = 0; i < threads; i++) {
      Thread sender =
          new Thread(
              () -> {
                for (Due lead = due.poll(); lead != null; lead = due.poll()) {
                  Sending sending =
                      ledger.begin(lead, lease, (uses, now) -> uses.get(0), LedgerSpeed::budget);
                  if (!ledger.settle(sending, ACCEPTED).await()) {
                    throw new IllegalStateException("A settlement did not count.");
                  }
                }
              },
              "sender-" + i);
      senders.add(sender);
      sender.start();
    }
    for (Thread sender : senders) {
      sender.join();
    }
    return leads / ((System.nanoTime() - begun) / 1e9);
  }

  /** Stores leads; how many a second. */
  private static double store(Ledger ledger, int leads) {
    long begun = System.nanoTime();
    String content = ledger.newRunId();
    Run run = ledger.open(content, "", Priority.NORMAL, content, DedupeMode.SKIP);
    List<Pending<Optional<List<String>>>> stored = new ArrayList<>();
    for (int first = 1; first <= leads; first += BATCH) {
      List<NewLead> batch = new ArrayList<>();
      for (int record = first; record < first + BATCH; record++) {
        String name = content + "-" + record;
        batch.add(
            new NewLead(
                record,
                record + 1,
                TABLE,
                LeadKey.ofEmail("lead" + name + "@example.com"),
                ContentHash.of(Map.of("email", name)),
                Leads.payload(name),
                null,
                List.of(),
                6000));
      }
      int last = first + BATCH - 1;
      stored.add(
          ledger.store(run, new Batch(first, last, last, 0, batch), WEEK, LedgerSpeed::budget));
    }
    stored.forEach(Pending::await);
    ledger.finish(run.id(), leads, 0, "");
    return leads / ((System.nanoTime() - begun) / 1e9);
  }
}
