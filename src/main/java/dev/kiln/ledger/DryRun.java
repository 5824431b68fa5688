package dev.kiln.ledger;

import dev.kiln.lead.Notice;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Ledger#store} would make of the rows of some files, one after the other, and what
 * becomes of those it would queue, with nothing written. Two rows of one file are the same lead as
 * long as neither is settled. Not thread-safe.
 */
public final class DryRun {
  /**
   * Leads of a file that a budget would hold at a table.
   *
   * @param file the file
   * @param table the table
   * @param by RUN_BUDGET or BUDGET
   * @param leads how many
   * @param line the line of the first of them
   * @param reason why, for a person
   * @param until when they go by themselves, as far as there is room then; null where never
   */
  public record Held(
      String file,
      String table,
      Holder by,
      long leads,
      long line,
      String reason,
      @Nullable Instant until) {}

  /**
   * What a cap of a day or a month covers.
   *
   * @param account its name, for example {@code day 2026-11-25 of table tech}
   * @param cap the cap; an amount of 0 is none
   * @param spent spent so far
   * @param before what the leads that are queued take
   * @param these what the leads of these files take that it covers
   * @param ends when it turns
   */
  public record Cover(
      String account,
      Amount cap,
      Amount spent,
      Amount before,
      Amount these,
      @Nullable Instant ends) {}

  private record Line(int file, String table, Holder by) {}

  private record Reason(LeadState state, String kind) {}

  private final @Nullable LedgerView ledger;
  private final Duration dedupeWindow;

  /** The keys that rows took, by file. */
  private final List<SeenKeys> taken = new ArrayList<>();

  private final Map<String, Map<LeadState, Long>> tables = new TreeMap<>();
  private final Map<Reason, Findings.Unsent> unsent = new LinkedHashMap<>();
  private final Map<Notice, Long> noticed = new HashMap<>();
  private final Map<Notice.Kind, Set<String>> names = new EnumMap<>(Notice.Kind.class);
  private final Budget budget;
  private final DryBooks books;
  private final Map<Line, Held> held = new LinkedHashMap<>();
  private String file = "";

  /** What an operator ordered for the rest of the file's run; null until its first rows. */
  private RunRows.@Nullable Onward order;

  /** How many more rows of the file that order lets be queued. */
  private long room;

  /**
   * A dry run.
   *
   * @param ledger knows which leads there are already; null where there is no ledger yet
   * @param dedupeWindow how long keys stay taken after an acceptance
   * @param budget what may be spent now
   * @param alone whether nobody else lets leads go: those of other runs that a budget holds keep
   *     none in line then
   */
  public DryRun(@Nullable LedgerView ledger, Duration dedupeWindow, Budget budget, boolean alone) {
    this.ledger = ledger;
    this.dedupeWindow = dedupeWindow;
    this.budget = budget;
    this.books =
        new DryBooks(budget, ledger == null ? DryBooks.Written.NOTHING : ledger.books(), alone);
  }

  /**
   * Begins another file.
   *
   * @param name its name
   */
  public void begin(String name) {
    file = name;
    order = null;
    taken.add(new SeenKeys());
    books.begin();
  }

  /**
   * Adds the next rows of the file that was begun last.
   *
   * @param run its run, which need not be in the ledger; its mode says what becomes of known leads
   * @param leads up to a batch of rows, in order
   * @param tooLarge whether a lead is too large for Clay; asked of each that passes intake
   * @return what becomes of each: REJECTED, DUPLICATE, CANCELLED or HELD as an operator ordered for
   *     the rest of that run, HELD for a budget, REFUSED since it is too large, or QUEUED
   */
  public List<LeadState> add(Run run, List<NewLead> leads, Predicate<NewLead> tooLarge) {
    books.opened(run.id());
    Admission admission = new Admission(budget, new Rooms(books, budget), books, run.id());
    Map<Long, String> known =
        ledger == null ? Map.of() : ledger.duplicates(run, leads, dedupeWindow);
    RunRows.Onward onward = order(run);
    Found found = new Found();
    List<LeadState> states = new ArrayList<>(leads.size());
    for (NewLead lead : leads) {
      LeadState state = LeadState.QUEUED;
      String kind = "";
      if (lead.problem() != null) {
        state = LeadState.REJECTED;
        kind = lead.problem().kind().words();
      } else if (onward.cancelled()) {
        state = LeadState.CANCELLED;
      } else if (lead.key() != null) {
        String why = known(lead.table(), lead.key(), known.get(lead.record()));
        if (why != null) {
          state = LeadState.DUPLICATE;
          kind = why;
        }
      }
      found.add(lead, state, kind);
      if (state == LeadState.QUEUED) {
        boolean large = tooLarge.test(lead);
        state = room > 0 ? admitted(run, lead, admission, large) : LeadState.HELD;
        room--;
      }
      states.add(state);
      tables
          .computeIfAbsent(lead.table(), table -> new EnumMap<>(LeadState.class))
          .merge(state, 1L, Long::sum);
    }
    found
        .unsent()
        .forEach(
            rows ->
                unsent.merge(new Reason(rows.state(), rows.kind()), rows, Findings.Unsent::plus));
    found.noticed(names).forEach((notice, rows) -> noticed.merge(notice, rows, Long::sum));
    return states;
  }

  private RunRows.Onward order(Run run) {
    if (order == null) {
      LedgerView view = ledger;
      order = view == null ? RunRows.Onward.ALL : view.onward(run.id());
      room = order.room(() -> view == null ? 0 : view.passed(run.id()));
    }
    return order;
  }

  /** What becomes of a lead that passes intake. */
  private LeadState admitted(Run run, NewLead lead, Admission admission, boolean tooLarge) {
    String table = lead.table();
    Admission.Hold hold = admission.hold(table);
    if (hold != null) {
      DryBooks.Why why = books.why(hold.by(), table, run.id());
      held.merge(
          new Line(taken.size(), table, hold.by()),
          new Held(
              file,
              table,
              hold.by(),
              1,
              lead.line(),
              hold.reason(),
              why == null ? null : why.until()),
          (first, more) ->
              new Held(
                  file, table, hold.by(), first.leads + 1, first.line, first.reason, first.until));
      return LeadState.HELD;
    }
    if (tooLarge) {
      return LeadState.REFUSED;
    }
    books.queue(table);
    admission.queued(table);
    return LeadState.QUEUED;
  }

  /** Why a lead is a duplicate; null where it is none and takes its key. */
  private @Nullable String known(String table, String key, @Nullable String inLedger) {
    SeenKeys ofFile = taken.get(taken.size() - 1);
    if (ofFile.has(table, key)) {
      return RunRows.IN_THE_FILE;
    }
    if (taken.subList(0, taken.size() - 1).stream().anyMatch(file -> file.has(table, key))) {
      return RunRows.ON_ITS_WAY;
    }
    if (inLedger == null) {
      ofFile.add(table, key);
    }
    return inLedger;
  }

  /** Rows by table and state, over all files. */
  public Map<String, Map<LeadState, Long>> tables() {
    return tables;
  }

  /** The leads that budgets would hold, by file and table. */
  public List<Held> held() {
    return List.copyOf(held.values());
  }

  /** What the caps of days and months cover. */
  public List<Cover> covers() {
    return books.covers();
  }

  /** What was found in the rows, over all files. */
  public Findings findings() {
    return new Findings(
        unsent.values().stream()
            .sorted(
                Comparator.comparingLong(Findings.Unsent::leads)
                    .reversed()
                    .thenComparing(Findings.Unsent::kind))
            .toList(),
        named(Notice.Kind.UNMAPPED),
        named(Notice.Kind.BLOCKED),
        named(Notice.Kind.DAMAGED));
  }

  private List<Findings.Named> named(Notice.Kind kind) {
    return noticed.entrySet().stream()
        .filter(entry -> entry.getKey().kind() == kind)
        .map(entry -> new Findings.Named(entry.getKey().name(), entry.getValue()))
        .sorted(
            Comparator.comparingLong(Findings.Named::leads)
                .reversed()
                .thenComparing(Findings.Named::name))
        .toList();
  }
}
