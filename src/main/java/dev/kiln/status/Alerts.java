package dev.kiln.status;

import dev.kiln.clay.Table;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.ledger.LedgerView.TableAccount;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.Waiting;
import dev.kiln.ledger.WebhookUse;
import dev.kiln.plan.Numbers;
import dev.kiln.status.Alert.Kind;
import dev.kiln.status.Alert.Level;
import dev.kiln.status.Alert.News;
import dev.kiln.status.Alert.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Finds what an operator should know, and tells each alert once when it begins, once when it gets
 * worse and once when it ends, and anew where its scope is another one. It ends when it was away
 * for three looks in a row, so that what hovers around a limit is not told over and over.
 * Thread-safe.
 */
public final class Alerts {
  private static final int LOOKS_AWAY = 3;

  private record Raised(Alert alert, int away) {}

  private final Duration stalledAfter;
  private final Duration shortRunway;
  private final Predicate<String> anyDue;
  private final Instant start;
  private final Map<String, Instant> accepted = new ConcurrentHashMap<>();
  private final Map<String, Long> counted = new HashMap<>();
  private final Map<String, Instant> opened = new HashMap<>();
  private final Map<Topic, Raised> raised = new LinkedHashMap<>();

  /**
   * Alerts that know of nothing yet.
   *
   * @param stalledAfter how long leads may be due without any getting through
   * @param shortRunway for how many days' use at least a table should have room
   * @param anyDue whether a table has a lead that is due
   * @param start the present: nothing is expected to have got through before
   */
  public Alerts(
      Duration stalledAfter, Duration shortRunway, Predicate<String> anyDue, Instant start) {
    this.stalledAfter = stalledAfter;
    this.shortRunway = shortRunway;
    this.anyDue = anyDue;
    this.start = start;
  }

  /** A lead of a table got through, by this node; {@link #look} sees those of others. */
  public void accepted(String table, Instant now) {
    accepted.put(table, now);
  }

  /** The alerts of now in their newest words, in the order in which they began. */
  public synchronized List<Alert> raised() {
    return raised.values().stream().map(Raised::alert).toList();
  }

  /** Looks at the facts, and returns what is new since the last look. */
  public synchronized List<News> look(Facts facts) {
    Map<Topic, Alert> found = new LinkedHashMap<>();
    for (Alert alert : find(facts)) {
      found.merge(alert.topic(), alert, Alerts::worse);
    }
    List<News> news = new ArrayList<>();
    found.forEach(
        (topic, alert) -> {
          Raised known = raised.get(topic);
          boolean begins =
              known == null
                  || !known.alert.scope().equals(alert.scope())
                  || known.alert.level().compareTo(alert.level()) < 0;
          if (begins) {
            news.add(new News(true, alert));
          }
          // What was told stays its level, and its text is the one of now.
          raised.put(
              topic,
              new Raised(begins || known == null ? alert : alert.at(known.alert.level()), 0));
        });
    // A webhook that is full is no longer nearly so, and nothing is over.
    Set<String> gone =
        facts.snapshot().webhooks().stream()
            .filter(webhook -> webhook.full() || webhook.state() != WebhookUse.State.OPEN)
            .map(WebhookUse::name)
            .collect(Collectors.toSet());
    for (Iterator<Map.Entry<Topic, Raised>> all = raised.entrySet().iterator(); all.hasNext(); ) {
      Map.Entry<Topic, Raised> entry = all.next();
      if (!found.containsKey(entry.getKey())) {
        Raised away = new Raised(entry.getValue().alert, entry.getValue().away + 1);
        entry.setValue(away);
        if (away.away == LOOKS_AWAY) {
          all.remove();
          if (away.alert.level() != Level.NEARLY_FULL || !gone.contains(away.alert.subject())) {
            news.add(new News(false, away.alert));
          }
        }
      }
    }
    return news;
  }

  private static Alert worse(Alert one, Alert other) {
    return one.level().compareTo(other.level()) >= 0 ? one : other;
  }

  private List<Alert> find(Facts facts) {
    facts.snapshot().tables().forEach(table -> count(table, facts.at()));
    List<Alert> found = new ArrayList<>();
    facts.budgets().forEach(budget -> budget(budget, found));
    facts.snapshot().webhooks().forEach(webhook -> webhook(webhook, found));
    Capacity.of(facts.snapshot()).forEach(capacity -> capacity(capacity, facts.snapshot(), found));
    facts.snapshot().tables().forEach(table -> stalled(table, facts, found));
    return found;
  }

  private static void budget(BudgetUse budget, List<Alert> found) {
    long percent = budget.percent();
    if (percent >= 70) {
      found.add(
          new Alert(
              Kind.BUDGET,
              budget.unit() + " of the " + budget.period(),
              budget.cap().stripTrailingZeros() + " until " + budget.ends(),
              percent >= 90 ? Level.SPENT_90 : percent >= 80 ? Level.SPENT_80 : Level.SPENT_70,
              "%d %% of the %s of this %s are spent, %s of %s"
                  .formatted(
                      percent,
                      budget.unitName(),
                      budget.period(),
                      Numbers.of(budget.spent()),
                      Numbers.of(budget.cap())),
              "Once they are used up, leads wait until "
                  + budget.ends()
                  + "; to go on then, raise budgets in config/clay.yaml"));
    }
  }

  private static void webhook(WebhookUse webhook, List<Alert> found) {
    String name = "ebhook " + webhook.name() + " of table " + webhook.table();
    switch (webhook.state()) {
      case OPEN -> {
        if (webhook.nearlyFull()) {
          found.add(
              new Alert(
                  Kind.CAPACITY,
                  webhook.name(),
                  "",
                  Level.NEARLY_FULL,
                  "W%s has taken %s rows of its %s"
                      .formatted(name, Numbers.of(webhook.used()), Numbers.of(webhook.cap())),
                  "If it is the table's last, duplicate the Clay table and add the copy's webhook, with a name of its own, to"
                      + " config/clay.yaml; \"kiln status\" tells what is left"));
        }
      }
      case REFUSING ->
          found.add(
              new Alert(
                  Kind.REFUSING,
                  webhook.name(),
                  "",
                  Level.ON,
                  "Clay refuses w" + name,
                  "Check its URL and token in config/secrets; it is tried again with one lead by"
                      + " itself, and \"kiln status\" tells what Clay said"));
      case EXHAUSTED ->
          found.add(
              new Alert(
                  Kind.EXHAUSTED,
                  webhook.name(),
                  "",
                  Level.ON,
                  "Clay says that w" + name + " has reached its record limit",
                  "Duplicate the Clay table and add the copy's webhook, with a name of its own, to"
                      + " config/clay.yaml"));
    }
  }

  private void capacity(Capacity capacity, Snapshot snapshot, List<Alert> found) {
    Long left = capacity.left();
    Double days = capacity.runwayDays();
    if (left == null) {
      return;
    }
    String webhooks =
        snapshot.webhooks().stream()
            .filter(webhook -> webhook.table().equals(capacity.table()))
            .map(WebhookUse::id)
            .sorted()
            .collect(Collectors.joining(" "));
    boolean full = left == 0;
    if (full || (days != null && days * 86_400 < shortRunway.toSeconds())) {
      found.add(
          new Alert(
              Kind.CAPACITY,
              capacity.table(),
              webhooks,
              full ? Level.FULL : Level.LOW,
              full || days == null
                  ? "Every webhook of table " + capacity.table() + " is used up"
                  : "Table %s has room for %s rows, which last %s days at the last week's use"
                      .formatted(
                          capacity.table(),
                          Numbers.of(left),
                          Numbers.of((long) days.doubleValue())),
              "Duplicate the Clay table and add the copy's webhook, with a name of its own, to config/clay.yaml"));
    }
  }

  /** Notes that leads of a table got through since the last look, whichever node sent them. */
  private void count(TableAccount table, Instant now) {
    long leads = table.gotThrough();
    Long before = counted.put(table.name(), leads);
    if (before != null && leads > before) {
      accepted.put(table.name(), now);
    }
  }

  private void stalled(TableAccount table, Facts facts, List<Alert> found) {
    Waiting waiting = table.waiting();
    if (Eta.open(table.states()) == 0
        || (waiting != null && (intended(waiting.kind()) || toldElsewhere(waiting.kind())))) {
      opened.remove(table.name());
      return;
    }
    Instant since = facts.at().minus(stalledAfter);
    if (!opened.computeIfAbsent(table.name(), first -> facts.at()).isBefore(since)) {
      return;
    }
    Instant noted = waiting == null ? null : waiting.since();
    boolean still =
        noted == null
            ? lastOfWorkspace(table.name(), facts).isBefore(since)
            : (noted.isBefore(since) && last(table.name()).isBefore(since));
    if (still
        && table.states().getOrDefault(LeadState.QUEUED, 0L) > 0
        && anyDue.test(table.name())) {
      found.add(
          new Alert(
              Kind.STALLED,
              table.name(),
              "",
              Level.ON,
              "Leads of table "
                  + table.name()
                  + " are due and none got through for "
                  + StatusText.time(stalledAfter),
              waiting == null ? "Look at \"kiln status\" and at the log" : waiting.reason()));
    }
  }

  /** Whether a wait is what the operator has ordered. */
  private static boolean intended(WaitReason reason) {
    return reason == WaitReason.WORKSPACE_PAUSED || reason == WaitReason.TABLE_PAUSED;
  }

  /** Whether a wait has an alert of its own. */
  private static boolean toldElsewhere(WaitReason reason) {
    return switch (reason) {
      case BUDGET, EXHAUSTED, REFUSING, TABLE_FULL -> true;
      case NOT_DUE,
          NOT_LEADER,
          PAUSED,
          WORKSPACE_PAUSED,
          TABLE_PAUSED,
          STOPPING,
          NO_TABLE,
          NO_WEBHOOK,
          BREAKER_OPEN,
          ROUTE_STOPPED,
          ROUTE_FAILED ->
          false;
    };
  }

  private Instant last(String table) {
    return accepted.getOrDefault(table, start);
  }

  /** When the last lead of any table of a table's workspace got through. */
  private Instant lastOfWorkspace(String table, Facts facts) {
    String workspace = facts.catalogue().table(table).map(Table::workspace).orElse("");
    Instant last = last(table);
    for (Table other : facts.catalogue().tables().values()) {
      if (other.workspace().equals(workspace) && last(other.name()).isAfter(last)) {
        last = last(other.name());
      }
    }
    return last;
  }
}
