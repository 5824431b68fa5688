package dev.kiln.status;

import dev.kiln.lead.Shown;
import dev.kiln.ledger.Amount;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.BudgetAccount;
import dev.kiln.ledger.LedgerView.Held;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.Spending;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.LedgerView.WorkspaceAccount;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.WebhookUse;
import dev.kiln.plan.Numbers;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The account for people. */
public final class StatusText {
  private static final int RUNS_SHOWN = 20;

  private static final String INTERRUPTED =
      "read in part, and nobody reads on: what was read is delivered; for the rest start Kiln, or"
          + " drop the same file again if it is gone from the inbox";

  private StatusText() {}

  /**
   * Runs, tables, webhooks, nodes and workspaces, with what waits and why.
   *
   * @param snapshot the account
   * @param now the present, to tell whether a lease or a pause still holds
   */
  public static String of(Snapshot snapshot, Instant now) {
    StringBuilder text = new StringBuilder();
    if (snapshot.runs().isEmpty()) {
      text.append(
          "No leads yet: drop a file into inbox/normal of the data folder, or use \"kiln send FILE\".\n");
    } else {
      text.append("Runs (rows read = sum of the states)\n").append(runs(snapshot.runs()));
      text.append("\nTables (leads)\n").append(tables(snapshot.tables(), now));
      text.append(held(snapshot.budget().held()));
    }
    text.append(budgets(snapshot.budget()));
    if (!snapshot.webhooks().isEmpty()) {
      text.append("\nWebhooks (rows)\n").append(webhooks(snapshot.webhooks()));
      Capacity.of(snapshot).forEach(capacity -> text.append(runway(capacity)));
    }
    Cluster cluster = Cluster.of(snapshot, now);
    text.append(cluster.text());
    for (WorkspaceAccount workspace : snapshot.workspaces()) {
      text.append("\nWorkspace ")
          .append(workspace.name())
          .append(": ")
          .append(cluster.text(workspace));
      if (workspace.pauseUntil().isAfter(now)) {
        text.append("; waits until ")
            .append(workspace.pauseUntil())
            .append(", as Clay asked (429)");
      }
      if (workspace.paused()) {
        text.append("; paused: \"kiln resume workspace ").append(workspace.name()).append('"');
      }
      if (workspace.rate() > 0) {
        text.append(
            "; at most %s leads a second by \"kiln rate\""
                .formatted(Numbers.of(BigDecimal.valueOf(workspace.rate()))));
      }
      text.append('\n');
    }
    return text.toString();
  }

  /** What keeps a Kiln from being ready, a line each; nothing where it is. */
  public static String notReady(List<NotReady> reasons) {
    StringBuilder text = new StringBuilder();
    reasons.forEach(fault -> text.append("\nNot ready: ").append(fault.reason()).append('\n'));
    return text.toString();
  }

  /**
   * The folder of the inbox whose files are of a source; nothing where that is the inbox itself.
   */
  public static String whereTo(String source, Priority priority) {
    return source.isEmpty() ? "" : " into " + priority.word() + "/" + source + " of the inbox";
  }

  /** Runs, the newest first, with their states. */
  public static String runs(List<RunAccount> runs) {
    return runs(
        runs,
        run ->
            "in "
                + run.rejects()
                + " of the data folder: mend them and drop that file"
                + whereTo(run.source(), run.priority()));
  }

  /**
   * The same.
   *
   * @param rejects says of a run where its rejected rows are
   */
  public static String runs(List<RunAccount> runs, Function<RunAccount, String> rejects) {
    Set<LeadState> states = EnumSet.noneOf(LeadState.class);
    runs.forEach(run -> states.addAll(run.states().keySet()));
    List<String> heading = new ArrayList<>(List.of("run", "file", "source", "read"));
    states.forEach(state -> heading.add(state.name()));
    heading.addAll(List.of("skipped", "possible duplicates"));
    TextTable table = new TextTable(heading.toArray(String[]::new));
    for (RunAccount run : runs.subList(0, Math.min(RUNS_SHOWN, runs.size()))) {
      List<Object> row =
          new ArrayList<>(
              List.of(
                  run.id(), run.name(), run.source().isEmpty() ? "-" : run.source(), run.read()));
      states.forEach(state -> row.add(run.states().getOrDefault(state, 0L)));
      row.add(run.skipped());
      row.add(run.possibleDuplicates());
      table.row(row.toArray());
    }
    StringBuilder text = new StringBuilder(table.toString());
    if (runs.size() > RUNS_SHOWN) {
      text.append("  ... and ").append(runs.size() - RUNS_SHOWN).append(" older\n");
    }
    for (RunAccount run : runs.subList(0, Math.min(RUNS_SHOWN, runs.size()))) {
      if (!run.note().isEmpty()) {
        text.append("  ")
            .append(Shown.of(run.name()))
            .append(": ")
            .append(Shown.said(run.note()))
            .append('\n');
      }
    }
    for (RunAccount run : runs) {
      if (run.interrupted()) {
        text.append("  ")
            .append(Shown.of(run.name()))
            .append(": ")
            .append(INTERRUPTED)
            .append('\n');
      }
      if (!run.problem().isEmpty()) {
        text.append("  ")
            .append(Shown.of(run.name()))
            .append(" was refused: ")
            .append(Shown.said(run.problem()))
            .append('\n');
      }
      if (!run.rejects().isEmpty()) {
        text.append("  ")
            .append(Shown.of(run.name()))
            .append(": its rejected rows are ")
            .append(rejects.apply(run))
            .append('\n');
      }
    }
    return text.toString();
  }

  /**
   * Tables with their states and how long their oldest queued lead waits, and a line for each that
   * waits.
   *
   * @param now the present
   */
  public static String tables(List<TableAccount> tables, Instant now) {
    Set<LeadState> states = EnumSet.noneOf(LeadState.class);
    tables.forEach(table -> states.addAll(table.states().keySet()));
    List<String> heading = new ArrayList<>(List.of("table"));
    states.forEach(state -> heading.add(state.name()));
    boolean queued = tables.stream().anyMatch(table -> table.oldestQueued() != null);
    if (queued) {
      heading.add("oldest waits");
    }
    TextTable text = new TextTable(heading.toArray(String[]::new));
    StringBuilder waits = new StringBuilder();
    for (TableAccount table : tables) {
      List<Object> row = new ArrayList<>(List.of(table.name()));
      states.forEach(state -> row.add(table.states().getOrDefault(state, 0L)));
      if (queued) {
        Instant oldest = table.oldestQueued();
        row.add(oldest == null ? "-" : time(Duration.between(oldest, now)));
      }
      text.row(row.toArray());
      if (table.waiting() != null && open(table.states()) > 0) {
        waits
            .append("  ")
            .append(table.name())
            .append(" waits: ")
            .append(Shown.said(table.waiting().reason()))
            .append('\n');
      }
    }
    return text.toString() + waits;
  }

  /** A line for each table and reason for which leads are held. */
  private static String held(List<Held> held) {
    Map<String, Long> leads = new LinkedHashMap<>();
    held.forEach(some -> leads.merge(line(some), some.leads(), Long::sum));
    StringBuilder text = new StringBuilder();
    leads.forEach((line, number) -> text.append(line.formatted(Numbers.of(number))));
    return text.toString();
  }

  private static String line(Held held) {
    String why =
        switch (held.by()) {
          case OPERATOR -> "by the operator: \"kiln release\" lets them go";
          case SAMPLE -> "behind a sample: \"kiln release\" lets them go";
          case BUDGET, RUN_BUDGET -> "and go by themselves: " + held.reason();
        };
    return "  " + held.table() + ": %s held " + why.replace("%", "%%") + "\n";
  }

  /** What is spent of each cap that holds now; nothing where there is none. */
  private static String budgets(BudgetAccount budget) {
    TextTable table = new TextTable("budget", "Data Credits", "Actions", "turns at");
    boolean any = false;
    for (Spending spending : budget.spendings()) {
      if (!spending.cap().equals(Amount.NOTHING)) {
        any = true;
        table.row(
            spending.account(),
            spent(spending.spent().credits(), spending.cap().credits()),
            spent(spending.spent().actions(), spending.cap().actions()),
            spending.ends() == null ? "-" : spending.ends());
      }
    }
    return any ? "\nBudgets (spent)\n" + table : "";
  }

  private static String spent(long spent, long cap) {
    String amount = Numbers.of(BigDecimal.valueOf(spent, 3));
    return cap == 0
        ? amount
        : amount
            + " of "
            + Numbers.of(BigDecimal.valueOf(cap, 3))
            + " ("
            + spent * 100 / cap
            + " %)";
  }

  /** A time in its two largest units: 3 d 4 h, 4 h 5 min, 5 min 6 s, 6 s. */
  public static String time(Duration time) {
    Duration some = time.isNegative() ? Duration.ZERO : time;
    if (some.toDays() > 0) {
      return some.toDays() + " d " + some.toHoursPart() + " h";
    }
    if (some.toHours() > 0) {
      return some.toHours() + " h " + some.toMinutesPart() + " min";
    }
    return some.toMinutes() > 0
        ? some.toMinutes() + " min " + some.toSecondsPart() + " s"
        : some.toSeconds() + " s";
  }

  /** Leads that are not settled. */
  static long open(Map<LeadState, Long> states) {
    return states.entrySet().stream()
        .filter(entry -> entry.getKey().open())
        .mapToLong(Map.Entry::getValue)
        .sum();
  }

  /** Webhooks with what they have taken. */
  public static String webhooks(List<WebhookUse> webhooks) {
    TextTable table = new TextTable("webhook", "table", "used", "cap", "state");
    for (WebhookUse webhook : webhooks) {
      table.row(
          webhook.name(),
          webhook.table(),
          webhook.used(),
          webhook.cap() == 0 ? "none" : Numbers.of(webhook.cap()),
          state(webhook) + (webhook.reason().isEmpty() ? "" : ": " + webhook.reason()));
    }
    return table.toString();
  }

  /** For how long what is left of a table lasts; nothing where nothing limits it. */
  private static String runway(Capacity capacity) {
    Long left = capacity.left();
    Double days = capacity.runwayDays();
    if (left == null) {
      return "";
    }
    return "  %s: %s rows left%s%n"
        .formatted(
            capacity.table(),
            Numbers.of(left),
            days == null
                ? ""
                : "; at %s a day, as in the last week, they last %s days"
                    .formatted(
                        Numbers.of(Math.round(capacity.leadsPerDay())),
                        Numbers.of((long) Math.floor(days))));
  }

  /** A webhook's state in a word: open, nearly full, full, refusing or exhausted. */
  static String state(WebhookUse webhook) {
    if (webhook.state() == WebhookUse.State.OPEN) {
      if (webhook.full()) {
        return "full";
      }
      return webhook.nearlyFull() ? "nearly full" : "open";
    }
    return webhook.state().name().toLowerCase(Locale.ROOT);
  }
}
