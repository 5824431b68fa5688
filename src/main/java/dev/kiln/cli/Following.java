package dev.kiln.cli;

import dev.kiln.ledger.Holder;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.Awaiting;
import dev.kiln.ledger.LedgerView.Held;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.Waiting;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Follows runs until every lead of theirs is settled, or all that is left is parked or held: a
 * progress bar on a terminal, a line every few seconds otherwise.
 */
final class Following {
  private static final Duration LOOK = Duration.ofMillis(200);
  private static final Duration LINE_EVERY = Duration.ofSeconds(5);

  /**
   * How it ended.
   *
   * @param runs the runs at the end
   * @param parked tables on which leads are left, with the reason
   * @param sampling whether leads that are held behind a sample are what was asked for
   */
  record End(List<RunAccount> runs, Map<String, String> parked, boolean sampling) {
    /**
     * By run, the leads that did not get through and no longer try, such as {@code 3 REJECTED, 1
     * DEAD}.
     */
    Map<String, String> lost() {
      Map<String, String> lost = new TreeMap<>();
      for (RunAccount run : runs) {
        String states =
            run.states().entrySet().stream()
                .filter(entry -> !through(entry.getKey()) && !entry.getKey().open())
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
        if (!states.isEmpty()) {
          lost.put(run.id(), states);
        }
      }
      return lost;
    }

    /** Whether every lead got through, or was known before. */
    boolean allThrough() {
      return parked.isEmpty()
          && runs.stream()
              .allMatch(
                  run ->
                      run.phase().equals("READ")
                          && run.states().keySet().stream()
                              .allMatch(
                                  state ->
                                      through(state) || (sampling && state == LeadState.HELD)));
    }
  }

  private static boolean through(LeadState state) {
    return state == LeadState.ACCEPTED
        || state == LeadState.ENRICHED
        || state == LeadState.DUPLICATE;
  }

  private final LedgerView view;
  private final PrintWriter progress;
  private final BooleanSupplier alive;
  private final boolean returning;
  private final boolean sampling;

  /**
   * A follower of a ledger.
   *
   * @param view the ledger
   * @param progress where progress goes
   * @param alive whether somebody still delivers
   */
  Following(LedgerView view, PrintWriter progress, BooleanSupplier alive) {
    this(view, progress, alive, false, false);
  }

  /**
   * A follower that also waits for rows to come back, or does not wait for those behind a sample.
   *
   * @param returning whether it waits for rows until they came back or are missing
   * @param sampling whether leads that are held behind a sample are what was asked for
   */
  Following(
      LedgerView view,
      PrintWriter progress,
      BooleanSupplier alive,
      boolean returning,
      boolean sampling) {
    this.view = view;
    this.progress = progress;
    this.alive = alive;
    this.returning = returning;
    this.sampling = sampling;
  }

  /** Follows runs to their end; interruptible. */
  End follow(Set<String> ids) throws InterruptedException {
    try (Progress shown = Boolean.getBoolean("kiln.terminal") ? new Bar() : new Lines()) {
      while (true) {
        boolean living = alive.getAsBoolean();
        Snapshot snapshot = view.snapshot();
        List<RunAccount> runs =
            snapshot.runs().stream().filter(run -> ids.contains(run.id())).toList();
        shown.show(runs);
        Map<String, String> parked = parked(snapshot, runs);
        Set<String> parkedTables = Set.copyOf(parked.keySet());
        held(snapshot, runs).forEach(parked::putIfAbsent);
        if (ended(runs, parkedTables)) {
          if (!returning) {
            return new End(runs, parked, sampling);
          }
          List<Awaiting> back =
              runs.stream().map(run -> view.awaiting(run.id())).flatMap(Optional::stream).toList();
          List<RunAccount> now = back.stream().map(Awaiting::run).toList();
          if (back.stream().allMatch(run -> run.awaited() == 0) && ended(now, parkedTables)) {
            return new End(now, parked, sampling);
          }
        }
        if (!living) {
          parked.put(
              "all tables", "Kiln stopped; the leads stay queued: start it with \"kiln run\"");
          return new End(runs, parked, sampling);
        }
        TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
      }
    }
  }

  private boolean ended(List<RunAccount> runs, Set<String> parkedTables) {
    for (RunAccount run : runs) {
      if (run.phase().equals("READING")) {
        return false;
      }
      for (Map.Entry<String, Map<LeadState, Long>> table : run.tables().entrySet()) {
        boolean sending = table.getValue().containsKey(LeadState.SENDING);
        boolean queued = table.getValue().containsKey(LeadState.QUEUED);
        if (sending || (queued && !parkedTables.contains(table.getKey()))) {
          return false;
        }
      }
    }
    return true;
  }

  /** The tables whose queued leads wait for what only a person or time cures, with the reason. */
  private static Map<String, String> parked(Snapshot snapshot, List<RunAccount> runs) {
    Map<String, Waiting> waiting = new HashMap<>();
    snapshot
        .tables()
        .forEach(
            table -> {
              if (table.waiting() != null) {
                waiting.put(table.name(), table.waiting());
              }
            });
    Map<String, String> parked = new TreeMap<>();
    for (RunAccount run : runs) {
      run.tables()
          .forEach(
              (table, states) -> {
                Waiting reason = waiting.get(table);
                if (states.containsKey(LeadState.QUEUED)
                    && reason != null
                    && reason.kind().parks()) {
                  parked.put(table, reason.reason());
                }
              });
    }
    return parked;
  }

  /** The tables with leads that are held, with the reason. */
  private Map<String, String> held(Snapshot snapshot, List<RunAccount> runs) {
    Map<String, String> held = new TreeMap<>();
    for (RunAccount run : runs) {
      run.tables()
          .forEach(
              (table, states) -> {
                if (states.containsKey(LeadState.HELD)) {
                  held(snapshot, run.id(), table).ifPresent(why -> held.putIfAbsent(table, why));
                }
              });
    }
    return held;
  }

  /** Why leads of a run are held at a table; empty where that is what was asked for. */
  private Optional<String> held(Snapshot snapshot, String run, String table) {
    List<String> reasons =
        snapshot.budget().held().stream()
            .filter(held -> held.run().equals(run) && held.table().equals(table))
            .filter(held -> !(sampling && held.by() == Holder.SAMPLE))
            .map(Held::reason)
            .toList();
    return reasons.isEmpty()
        ? Optional.empty()
        : reasons.stream()
            .filter(reason -> !reason.isEmpty())
            .findFirst()
            .map(reason -> "leads are held, and go by themselves with \"kiln run\": " + reason)
            .or(() -> Optional.of("leads are held: \"kiln release\" lets them go"));
  }

  private static long open(List<RunAccount> runs) {
    return runs.stream()
        .flatMap(run -> run.states().entrySet().stream())
        .filter(entry -> entry.getKey().open())
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** What the user sees meanwhile. */
  private interface Progress extends AutoCloseable {
    void show(List<RunAccount> runs);

    @Override
    void close();
  }

  private static final class Bar implements Progress {
    private final ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName("Delivering")
            .setUnit(" leads", 1)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(200)
            .showSpeed()
            .build();

    @Override
    public void show(List<RunAccount> runs) {
      long read = runs.stream().mapToLong(RunAccount::read).sum();
      bar.maxHint(read);
      bar.stepTo(read - open(runs));
    }

    @Override
    public void close() {
      bar.close();
    }
  }

  private final class Lines implements Progress {
    private long lastLine = System.nanoTime();
    private @Nullable Long lastOpen;

    @Override
    public void show(List<RunAccount> runs) {
      long now = System.nanoTime();
      if (now - lastLine >= LINE_EVERY.toNanos()) {
        long read = runs.stream().mapToLong(RunAccount::read).sum();
        long open = open(runs);
        double seconds = (now - lastLine) / 1e9;
        String speed =
            lastOpen == null
                ? ""
                : String.format(
                    Locale.ROOT, ", %.1f a second", Math.max(0, lastOpen - open) / seconds);
        progress.printf(Locale.ROOT, "%,d of %,d leads settled%s%n", read - open, read, speed);
        lastLine = now;
        lastOpen = open;
      }
    }

    @Override
    public void close() {}
  }
}
