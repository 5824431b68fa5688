package dev.kiln.clay;

import dev.kiln.ledger.Due;
import dev.kiln.ledger.Lease;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.NotSent;
import dev.kiln.ledger.Orders;
import dev.kiln.ledger.Pausable;
import dev.kiln.ledger.Pending;
import dev.kiln.ledger.Sending;
import dev.kiln.ledger.Settlement;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.Waiting;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One workspace on its way out: its lease, its pace, the leads on offer and what its tables wait
 * for. All of it can be lost at any moment; the ledger has the truth. Thread-safe.
 */
final class Lane {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  /** How soon to look again at a wait that only a change can end. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  /** A new leader is silent for so long, since the one before may just have sent. */
  private static final Duration FIRST_SILENCE = Duration.ofSeconds(1);

  /** How long an offer lasts at least, see {@link #removeLost}. */
  private static final Duration OFFER_LASTS = Duration.ofMinutes(2);

  /** A route that failed and did not again for so long, beyond its wait, fails no more. */
  private static final Duration FAULT_LASTS = Duration.ofSeconds(10);

  /**
   * How long the leads that wait at the wire last, at high rates: as long as most stalls of a
   * commit. They would be in doubt after a crash, so they are few.
   */
  private static final double SECONDS_AT_THE_WIRE = 0.02;

  /** An outcome on its way into the ledger. */
  private record Owed(Sending sending, Settlement settlement, Pending<Boolean> booked) {}

  /** A begun lead, and how far it is on its way. */
  private static final class Begun {
    private final Sending sending;
    private boolean posted;
    private boolean settled;

    Begun(Sending sending) {
      this.sending = sending;
    }
  }

  /** A lead on offer, and whether the window has taken it. */
  private record Offer(Due lead, Instant since, boolean taken) {
    boolean of(Due some) {
      return isSame(lead, some);
    }
  }

  /**
   * Whether two are one offer of a lead: another that was made since is equal, and has an exchange
   * of its own.
   */
  @SuppressWarnings("ReferenceEquality")
  private static boolean isSame(Due one, Due other) {
    return one == other;
  }

  /** Why a route failed, and until when that counts as going on. */
  private record Fault(String why, Instant until) {}

  private record Hindrance(WaitReason reason, String message, Instant until) {
    Hindrance endingAt(Instant end) {
      return new Hindrance(reason, message, end);
    }
  }

  private volatile Workspace workspace;
  private volatile Map<String, Table> tables;
  private final Ledger ledger;
  private final DeliveryPolicy policy;
  private final Breakers breakers;
  private final Function<Table, Optional<String>> stopped;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final Map<Long, Offer> waiting = new HashMap<>();
  private final Map<Long, Begun> begun = new HashMap<>();
  private final Map<String, Hindrance> hindered = new HashMap<>();
  private final Map<String, Instant> tableNext = new HashMap<>();
  private final Map<String, Waiting> told = new HashMap<>();
  private final Map<String, Fault> faults = new HashMap<>();
  private final Queue<Owed> owed = new ConcurrentLinkedQueue<>();
  private final Spacing spacing = new Spacing();
  private final Map<Answer, Long> answers = new EnumMap<>(Answer.class);
  private Pace pace;
  private Instant silentUntil = Instant.EPOCH;
  private Set<String> held = Set.of();
  private @Nullable Hindrance workspaceHindrance;
  private @Nullable Lease lease;

  /** By {@link System#nanoTime}, before the lease was asked for. */
  private long leaseAsked;

  private Instant renewAt = Instant.EPOCH;
  private @Nullable Instant recoverAt;

  Lane(
      Workspace workspace,
      Map<String, Table> tables,
      Ledger ledger,
      DeliveryPolicy policy,
      Breakers breakers,
      Function<Table, Optional<String>> stopped) {
    this.workspace = workspace;
    this.tables = tables;
    this.ledger = ledger;
    this.policy = policy;
    this.breakers = breakers;
    this.stopped = stopped;
    this.pace = Pace.full(workspace.allowedRate(), policy.recovery(), ledger.now());
  }

  // ---- What the operator changes ----

  /** Goes on with another workspace of the same name, and with its tables of now. */
  void apply(Workspace changed, Map<String, Table> changedTables) {
    // What a table that comes was noted to wait for must be taken back when it waits no longer.
    Map<String, Waiting> noted =
        tables.keySet().containsAll(changedTables.keySet()) ? Map.of() : ledger.waiting();
    lock.lock();
    try {
      for (String table : changedTables.keySet()) {
        if (!tables.containsKey(table) && noted.containsKey(table)) {
          told.put(table, new Waiting(noted.get(table).kind(), noted.get(table).reason(), null));
        }
      }
      hindered.keySet().retainAll(changedTables.keySet());
      tableNext.keySet().retainAll(changedTables.keySet());
      told.keySet().retainAll(changedTables.keySet());
      workspace = changed;
      tables = changedTables;
      hindered.replaceAll((table, known) -> known.endingAt(ledger.now()));
      workspaceHindrance = null;
      faults.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Does what the operator has ordered: from now on the workspace has his rate. */
  void obey(Orders orders) {
    double allowed =
        workspace
            .at(orders.rates().getOrDefault(workspace.name(), workspace.ratePerSecond()))
            .allowedRate();
    lock.lock();
    try {
      if (allowed != pace.allowed()) {
        pace = pace.allow(allowed, ledger.now());
      }
    } finally {
      lock.unlock();
    }
  }

  /** What does not fit into a budget is held by now: the tables can go on. */
  void afford() {
    lock.lock();
    try {
      hindered.values().removeIf(known -> known.reason == WaitReason.BUDGET);
    } finally {
      lock.unlock();
    }
  }

  // ---- Leadership ----

  /** Takes or renews the lease when it is time; true while this node leads. */
  synchronized boolean leads(String node, boolean alone) {
    Instant now = ledger.now();
    if (silent()) {
      return false;
    }
    Lease held = lease();
    if (held != null && now.isBefore(renewAt)) {
      return true;
    }
    long asked = System.nanoTime();
    Optional<Lease> taken =
        ledger.lead(workspace.name(), node, policy.lease(), alone && held == null);
    lock.lock();
    try {
      lease = taken.orElse(null);
      leaseAsked = asked;
      renewAt = now.plus(policy.lease().dividedBy(3));
    } finally {
      lock.unlock();
    }
    taken
        .filter(fresh -> held == null || fresh.epoch() != held.epoch())
        .ifPresent(fresh -> takeOver(fresh, alone ? now : now.plus(policy.answerBy())));
    taken.ifPresent(this::recover);
    if (taken.isPresent() && !alone) {
      knowNotes();
    }
    return taken.isPresent();
  }

  /** The leader's notes count: what another node wrote meanwhile is seen, and set right. */
  private void knowNotes() {
    Map<String, Waiting> noted = ledger.waiting();
    lock.lock();
    try {
      for (String table : tables.keySet()) {
        Waiting note = noted.getOrDefault(table, Waiting.NOT);
        told.put(table, new Waiting(note.kind(), note.reason(), null));
      }
    } finally {
      lock.unlock();
    }
  }

  /** The lease was given back. */
  void resigned() {
    lock.lock();
    try {
      lease = null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether a begun lead may still leave: the lease that it was begun under is this node's, by the
   * ledger's time and by the time that went by here since it was asked for.
   */
  boolean mayLeave(Sending sending) {
    Instant now = ledger.now();
    lock.lock();
    try {
      return lease != null
          && lease.epoch() == sending.lease().epoch()
          && now.isBefore(lease.until())
          && System.nanoTime() - leaseAsked < policy.lease().toNanos();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Settles what earlier leaders had on the wire, once no answer can come to them any more: at once
   * where they are proven dead. What they let wait waits no longer than it would here.
   */
  private void recover(Lease fresh) {
    Instant now = ledger.now();
    if (recoverAt != null && !now.isBefore(recoverAt)) {
      settleAll();
      ledger.recover(
          fresh.epoch(), tables.keySet(), policy.resend() ? now : null, policy.attempts());
      recoverAt = null;
      ledger.waitNoLonger(workspace.name(), tables.keySet(), policy.mostWait());
    }
  }

  /**
   * Settles what was on the wire to a table when it was another workspace's, as {@link #recover}.
   */
  void recoverMoved() {
    if (lease() != null) {
      Instant now = ledger.now();
      settleAll();
      ledger.recoverBegunBy(
          now.minus(policy.answerBy()),
          begun(),
          tables.keySet(),
          policy.resend() ? now : null,
          policy.attempts());
    }
  }

  /** The ids of the leads that are begun here. */
  private Set<Long> begun() {
    lock.lock();
    try {
      return Set.copyOf(begun.keySet());
    } finally {
      lock.unlock();
    }
  }

  private void takeOver(Lease fresh, Instant recovery) {
    Instant now = ledger.now();
    recoverAt = recovery;
    Map<String, Waiting> noted = ledger.waiting();
    lock.lock();
    try {
      told.clear();
      hindered.clear();
      for (String table : tables.keySet()) {
        Waiting note = noted.get(table);
        if (note != null) {
          told.put(table, new Waiting(note.kind(), note.reason(), null));
          // Looked at anew before the first lead is offered.
          hindered.put(table, new Hindrance(note.kind(), note.reason(), now));
        }
      }
      if (fresh.epoch() > 1) {
        silentUntil = now.plus(FIRST_SILENCE);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing is offered now: just after taking over, or after a failure of the ledger. */
  boolean silent() {
    lock.lock();
    try {
      return ledger.now().isBefore(silentUntil);
    } finally {
      lock.unlock();
    }
  }

  @Nullable Lease lease() {
    lock.lock();
    try {
      return lease;
    } finally {
      lock.unlock();
    }
  }

  // ---- Offering ----

  /**
   * How many leads may be put on offer now. Waits a moment for room, at high rates for half of it
   * at once, since each look into the ledger passes by what is on offer already. Leads on offer are
   * few, so that one of higher priority overtakes within half a second of the pace.
   */
  int room(Duration atMost) {
    long nanos = atMost.toNanos();
    lock.lock();
    try {
      removeLost();
      while (true) {
        int most = mostWaiting();
        int free = most - waiting.size();
        if (free >= Math.max(1, most / 2) || nanos <= 0) {
          return Math.max(0, free);
        }
        nanos = room.awaitNanos(nanos);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return 0;
    } finally {
      lock.unlock();
    }
  }

  /** Whether no lead is on offer or on the wire, and no outcome is still to be booked. */
  boolean empty() {
    lock.lock();
    try {
      removeLost();
      return waiting.isEmpty()
          && begun.isEmpty()
          && owed.stream().allMatch(outcome -> outcome.booked.isDurable());
    } finally {
      lock.unlock();
    }
  }

  /**
   * A lead that was offered long ago and not begun was lost with its window: it may be offered
   * again. At a low rate those that were not lost wait long for their turn, too: offered twice, the
   * second would use up a turn of the pace in vain.
   */
  private void removeLost() {
    Instant now = ledger.now();
    double turns = (mostWaiting() + 2) / pace.rate(now);
    Duration lasts = Duration.ofMillis(Math.max(OFFER_LASTS.toMillis(), (long) (turns * 1000)));
    waiting.values().removeIf(offer -> offer.since.isBefore(now.minus(lasts)));
  }

  /**
   * Waits until a table may send that its own rate kept back.
   *
   * @param looked when it did
   * @param atMost how long
   * @return whether one may within that time
   */
  boolean awaitTable(Instant looked, Duration atMost) {
    lock.lock();
    try {
      Instant now = ledger.now();
      Optional<Instant> next =
          tableNext.values().stream().filter(looked::isBefore).min(Comparator.naturalOrder());
      if (next.isEmpty() || next.get().isAfter(now.plus(atMost))) {
        return false;
      }
      for (long nanos = Duration.between(now, next.get()).toNanos(); nanos > 0; ) {
        nanos = room.awaitNanos(nanos);
      }
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  private int mostWaiting() {
    double rate = pace.rate(ledger.now());
    return Math.max(2, Math.min(4 * policy.inFlight(), (int) Math.ceil(rate / 2)));
  }

  /**
   * The tables that may send now, each with how many of its leads may be put on offer. One at a
   * time: what an earlier look noted of a table must not be written after a later one's.
   */
  synchronized Map<String, Integer> open(Orders orders) {
    Instant now = ledger.now();
    Map<String, Integer> open = new LinkedHashMap<>();
    Map<String, Waiting> news = new HashMap<>();
    lock.lock();
    try {
      if (workspaceHindrance != null && !now.isBefore(workspaceHindrance.until)) {
        workspaceHindrance = null;
      }
      for (Table table : tables.values()) {
        Hindrance hindrance = paused(table, orders, now);
        if (hindrance == null) {
          hindrance = workspaceHindrance != null ? workspaceHindrance : hindrance(table, now);
        }
        // A pause of a second is no news: the workspace's own account shows it.
        boolean quiet = hindrance != null && hindrance.reason == WaitReason.PAUSED;
        tell(table.name(), quiet ? hindrance(table, now) : hindrance, news);
        if (hindrance == null && !held.contains(table.name())) {
          int share = share(table, now);
          if (share > 0) {
            open.put(table.name(), share);
          }
        }
      }
    } finally {
      lock.unlock();
    }
    note(news);
    return open;
  }

  /** Notes that every table waits, since nothing of the workspace is put on offer here. */
  void stopped(String why) {
    Map<String, Waiting> news = new HashMap<>();
    Instant now = ledger.now();
    lock.lock();
    try {
      tables
          .keySet()
          .forEach(table -> tell(table, new Hindrance(WaitReason.ROUTE_STOPPED, why, now), news));
    } finally {
      lock.unlock();
    }
    note(news);
  }

  private void note(Map<String, Waiting> news) {
    if (news.isEmpty()) {
      return;
    }
    ledger.waiting(news);
    lock.lock();
    try {
      told.putAll(news);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Hindrance paused(Table table, Orders orders, Instant now) {
    if (orders.paused(Pausable.WORKSPACE, workspace.name())) {
      return hindrance(Pausable.WORKSPACE.notSent(workspace.name()), now);
    }
    if (orders.paused(Pausable.TABLE, table.name())) {
      return hindrance(Pausable.TABLE.notSent(table.name()), now);
    }
    return null;
  }

  private @Nullable Hindrance hindrance(Table table, Instant now) {
    Optional<String> route = stopped.apply(table);
    if (route.isPresent()) {
      return new Hindrance(WaitReason.ROUTE_STOPPED, route.get(), now);
    }
    if (breakers.of(table.name()).getState() == CircuitBreaker.State.OPEN) {
      return new Hindrance(
          WaitReason.BREAKER_OPEN,
          "Clay fails for table "
              + table.name()
              + ": its circuit breaker is open and probes by itself; nothing to do unless it lasts",
          now);
    }
    Hindrance known = hindered.get(table.name());
    if (known != null && !now.isBefore(known.until)) {
      known = stillHindered(table, known, now);
      if (known == null) {
        hindered.remove(table.name());
      } else {
        hindered.put(table.name(), known);
      }
    }
    return known;
  }

  private @Nullable Hindrance stillHindered(Table table, Hindrance known, Instant now) {
    if (known.reason.scope() != WaitReason.Scope.TABLE || !known.reason.parks()) {
      return null;
    }
    try {
      Webhooks.choose(table, ledger.webhooks(table.name()), now);
      return null;
    } catch (NotSent still) {
      return hindrance(still, now);
    }
  }

  private static Hindrance hindrance(NotSent notSent, Instant now) {
    Instant until = notSent.until();
    // What does not fit into a budget is held in a moment; the table itself need not wait.
    if (until == null || notSent.reason() == WaitReason.BUDGET) {
      until = now.plus(LOOK_AGAIN);
    }
    return new Hindrance(notSent.reason(), String.valueOf(notSent.getMessage()), until);
  }

  private void tell(String table, @Nullable Hindrance hindrance, Map<String, Waiting> news) {
    // What does not fit into a budget is told of the leads that it holds.
    Waiting waits =
        hindrance == null || hindrance.reason == WaitReason.BUDGET
            ? Waiting.NOT
            : new Waiting(hindrance.reason, hindrance.message, null);
    if (!waits.equals(told.getOrDefault(table, Waiting.NOT))) {
      news.put(table, waits);
    }
  }

  private int share(Table table, Instant now) {
    if (table.ratePerSecond() > 0
        && now.isBefore(tableNext.getOrDefault(table.name(), Instant.EPOCH))) {
      return 0;
    }
    int most = table.ratePerSecond() > 0 ? 1 : Integer.MAX_VALUE;
    if (breakers.of(table.name()).getState() == CircuitBreaker.State.HALF_OPEN) {
      long onOffer =
          waiting.values().stream().filter(offer -> offer.lead.table().equals(table.name())).count()
              + begun.values().stream()
                  .filter(lead -> lead.sending.lead().table().equals(table.name()))
                  .count();
      return (int) Math.min(most, Math.max(0, Breakers.PROBES - onOffer));
    }
    return most;
  }

  /**
   * Waits until no lead of the tables that are held is on offer or on the wire.
   *
   * @return whether that came about in time
   */
  boolean empties(Duration atMost) {
    long nanos = atMost.toNanos();
    lock.lock();
    try {
      while (underWay()) {
        if (nanos <= 0) {
          return false;
        }
        nanos = room.awaitNanos(nanos);
      }
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a lead of a table that is held is on offer or on the wire; under the lock. */
  private boolean underWay() {
    return waiting.values().stream().anyMatch(offer -> held.contains(offer.lead.table()))
        || begun.values().stream().anyMatch(lead -> held.contains(lead.sending.lead().table()));
  }

  /** Whether a lead is on offer here or on the wire. */
  boolean holds(Due lead) {
    lock.lock();
    try {
      return waiting.containsKey(lead.id()) || begun.containsKey(lead.id());
    } finally {
      lock.unlock();
    }
  }

  /** Puts no lead of these tables on offer from here on, and those of all others again. */
  void hold(Set<String> some) {
    lock.lock();
    try {
      held = Set.copyOf(some);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Notes leads that go on offer now.
   *
   * @return whether they do: not while one of their tables is held
   */
  boolean offer(List<Due> leads) {
    Instant now = ledger.now();
    lock.lock();
    try {
      if (leads.stream().map(Due::table).anyMatch(held::contains)) {
        return false;
      }
      for (Due lead : leads) {
        waiting.put(lead.id(), new Offer(lead, now, false));
        double rate = table(lead).ratePerSecond();
        if (rate > 0) {
          Duration interval = Duration.ofNanos((long) (1e9 / rate));
          tableNext.merge(
              lead.table(), now.plus(interval), (due, soonest) -> next(due, interval, now));
        }
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** The turn behind one that was due: what was late for less than a turn is made up for. */
  private static Instant next(Instant due, Duration interval, Instant now) {
    return due.isBefore(now.minus(interval)) ? now.plus(interval) : due.plus(interval);
  }

  /**
   * The window takes a lead.
   *
   * @return whether it may: not where it was taken before, or this offer of it stands no more
   */
  boolean take(Due lead) {
    lock.lock();
    try {
      Offer offer = waiting.get(lead.id());
      if (offer == null || !offer.of(lead) || offer.taken) {
        return false;
      }
      waiting.put(lead.id(), new Offer(offer.lead, offer.since, true));
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Whether this very offer of a lead stands, and the lead is not begun. */
  boolean offers(Due lead) {
    lock.lock();
    try {
      Offer offer = waiting.get(lead.id());
      return offer != null && offer.of(lead);
    } finally {
      lock.unlock();
    }
  }

  /** The leads on offer or on the wire. */
  Set<Long> offered() {
    lock.lock();
    try {
      Set<Long> offered = new HashSet<>(waiting.keySet());
      offered.addAll(begun.keySet());
      return offered;
    } finally {
      lock.unlock();
    }
  }

  /** A lead on offer was begun. */
  void begun(Sending sending) {
    long id = sending.lead().id();
    lock.lock();
    try {
      begun.put(id, new Begun(sending));
      waiting.remove(id);
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * A begun lead goes to the wire.
   *
   * @throws IllegalStateException if it was posted or settled before, or never begun
   */
  void posted(Sending sending) {
    lock.lock();
    try {
      Begun lead = begun.get(sending.lead().id());
      if (lead == null || lead.posted || lead.settled) {
        throw new IllegalStateException(
            "Lead "
                + sending.lead().leadId()
                + " is not sent: each begin allows one post, before its settle.");
      }
      lead.posted = true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until a lead may leave for Clay: milliseconds at most, unless many are bunched up. */
  void awaitTurn() {
    spacing.await(this::rate);
  }

  /** A lead whose turn it was has left for Clay. */
  void left() {
    spacing.left(System.nanoTime());
  }

  /** A lead whose turn it was has its answer, or gets none. */
  void answered() {
    spacing.answered();
  }

  /**
   * Whether so many leads wait for their turn that the wire has work for a while, however late the
   * next one passes the throttle.
   */
  boolean hasEnoughAtTheWire() {
    return spacing.waiting() > 1 + rate() * SECONDS_AT_THE_WIRE;
  }

  /** A begun lead has its outcome: that is owed until the ledger has it. */
  void settle(Sending sending, Answer answer, Settlement settlement) {
    lock.lock();
    try {
      answers.merge(answer, 1L, Long::sum);
      Begun lead = begun.get(sending.lead().id());
      if (lead != null) {
        lead.settled = true;
      }
    } finally {
      lock.unlock();
    }
    owed.add(new Owed(sending, settlement, ledger.settle(sending, settlement)));
  }

  /**
   * This very offer of a lead is over; what became of another of the same lead stays.
   *
   * @return what a lead that was begun and not settled ended with: its route failed on the way
   */
  Optional<Unsettled> release(Due lead) {
    lock.lock();
    try {
      if (offers(lead)) {
        waiting.remove(lead.id());
      }
      Begun ended = begun.get(lead.id());
      if (ended != null && isSame(ended.sending.lead(), lead)) {
        begun.remove(lead.id());
      } else {
        ended = null;
      }
      room.signalAll();
      return ended == null || ended.settled
          ? Optional.empty()
          : Optional.of(new Unsettled(ended.sending, ended.posted));
    } finally {
      lock.unlock();
    }
  }

  /**
   * A begun lead whose way ended without an outcome.
   *
   * @param posted whether it may have reached Clay
   */
  record Unsettled(Sending sending, boolean posted) {}

  // ---- What delivery learns ----

  /**
   * Books the outcomes that the ledger could not take before, in order.
   *
   * @return how many
   * @throws LedgerUnavailable if it still cannot: they stay owed
   */
  int settleOwed() {
    return book(outcome -> outcome.booked.isDone());
  }

  /**
   * As {@link #settleOwed}, and waits for those that are on their way into the ledger.
   *
   * @throws LedgerUnavailable if the ledger cannot be written: they stay owed
   */
  void settleAll() {
    book(outcome -> true);
  }

  private synchronized int book(Predicate<Owed> which) {
    int again = 0;
    for (Iterator<Owed> all = owed.iterator(); all.hasNext(); ) {
      Owed next = all.next();
      if (which.test(next)) {
        again += book(next) ? 1 : 0;
        all.remove();
      }
    }
    return again;
  }

  /** Sees to it that an outcome is booked; whether it had to be handed in again. */
  private boolean book(Owed outcome) {
    boolean again = false;
    boolean counted;
    try {
      counted = outcome.booked.await();
    } catch (RuntimeException | Error failure) {
      again = true;
      counted = bookAgain(outcome);
    }
    if (!counted) {
      LOG.info(
          "Lead {}: a late answer ({}) is kept in its attempt log; the lead was settled before",
          outcome.sending.lead().leadId(),
          outcome.settlement.state());
    }
    return again;
  }

  private boolean bookAgain(Owed outcome) {
    try {
      return ledger.settle(outcome.sending, outcome.settlement).await();
    } catch (LedgerUnavailable still) {
      throw still;
    } catch (RuntimeException | Error wrong) {
      LOG.error(
          "Lead {}: its outcome ({}) cannot be booked; it is in doubt from the next start on",
          outcome.sending.lead().leadId(),
          outcome.settlement.state(),
          wrong);
      return true;
    }
  }

  /** Offers nothing until a time; then the lease is written anew before anything else. */
  void standStill(Instant until) {
    lock.lock();
    try {
      silentUntil = until;
      renewAt = Instant.EPOCH;
    } finally {
      lock.unlock();
    }
  }

  /** A lead was not begun. */
  void hinder(Due lead, NotSent notSent) {
    Instant now = ledger.now();
    lock.lock();
    try {
      switch (notSent.reason().scope()) {
        case LEAD -> {}
        case TABLE -> hindered.put(lead.table(), hindrance(notSent, now));
        case WORKSPACE -> {
          workspaceHindrance = hindrance(notSent, now);
          if (notSent.reason() == WaitReason.NOT_LEADER) {
            lease = null;
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * A route failed before the window had taken what it was given: that is off the offer, and its
   * tables wait.
   *
   * @param route its id
   * @param lead the lead that it failed for; without one all that are not taken go back
   * @param notSent why, and until when
   * @return whether that is news: not while the route goes on failing like that
   */
  boolean failed(String route, @Nullable Due lead, NotSent notSent) {
    Instant now = ledger.now();
    Hindrance fails = hindrance(notSent, now);
    Map<String, Waiting> news = new HashMap<>();
    lock.lock();
    try {
      waiting.values().removeIf(offer -> !offer.taken && (lead == null || offer.of(lead)));
      room.signalAll();
      if (lead == null) {
        workspaceHindrance = fails;
      } else {
        hindered.put(lead.table(), fails);
      }
      Fault before = faults.put(route, new Fault(fails.message, fails.until.plus(FAULT_LASTS)));
      if (before != null && before.why.equals(fails.message) && now.isBefore(before.until)) {
        return false;
      }
      // Noted here too: where the route fails before it asks what is due, nothing else would.
      if (lease != null) {
        tables.keySet().stream()
            .filter(table -> lead == null || table.equals(lead.table()))
            .forEach(table -> tell(table, fails, news));
      }
    } finally {
      lock.unlock();
    }
    note(news);
    return true;
  }

  /** Clay said 429. */
  void tooMany(Instant now, Instant until) {
    lock.lock();
    try {
      pace = pace.tooMany(now, until);
    } finally {
      lock.unlock();
    }
  }

  /** The rate of now, rows a second. */
  double rate() {
    return pace().rate(ledger.now());
  }

  Pace pace() {
    lock.lock();
    try {
      return pace;
    } finally {
      lock.unlock();
    }
  }

  /** How often each answer came since the start. */
  Map<Answer, Long> answers() {
    lock.lock();
    try {
      return new EnumMap<>(answers);
    } finally {
      lock.unlock();
    }
  }

  Table table(Due lead) {
    Table table = tables.get(lead.table());
    if (table == null) {
      throw new IllegalStateException(
          "Table " + lead.table() + " is not a table of workspace " + workspace.name() + ".");
    }
    return table;
  }
}
