package dev.kiln.clay;

import dev.kiln.lead.Lead;
import dev.kiln.ledger.Budget;
import dev.kiln.ledger.Due;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Lease;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.NotSent;
import dev.kiln.ledger.Orders;
import dev.kiln.ledger.Sending;
import dev.kiln.ledger.Settlement;
import dev.kiln.ledger.Settlement.WebhookNews;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.WebhookUse;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The rules of delivery, step by step as the routes call them: what is due, begin, the body,
 * settle. Holds nothing that may not be lost. Thread-safe.
 */
public final class Delivery {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);
  private static final Duration WAIT_FOR_ROOM = Duration.ofMillis(100);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

  /** How often a wait looks whether Kiln stops. */
  private static final Duration LOOK_FOR_STOP = Duration.ofMillis(200);

  private static final double JITTER = 0.2;

  /** Characters of an answer that are told. */
  private static final int MOST_TEXT = 200;

  private volatile Catalogue catalogue;
  private volatile Map<String, Webhook> webhooks;
  private final Ledger ledger;
  private final Purse purse;
  private final DeliveryPolicy policy;
  private final Breakers breakers;
  private final Node node;

  /** Also the lock of whoever takes a lease that this node does not hold, or gives one away. */
  private final Leadership leadership;

  private final Instant startedAt;
  private final RandomGenerator random;
  private final Function<Table, Optional<String>> stopped;
  private final Function<String, Optional<String>> undelivered;
  private volatile Map<String, Lane> lanes;
  private volatile @Nullable Set<String> onlyRuns;
  private volatile boolean stopping;

  /** Why intake and delivery stand still; empty while they do not. */
  private final AtomicReference<String> standstill = new AtomicReference<>("");

  /**
   * Delivery for every workspace of a catalogue.
   *
   * @param catalogue the workspaces and tables
   * @param ledger the ledger
   * @param policy its numbers
   * @param breakers the circuit breakers of the tables
   * @param stopped why a route on the way to a table does not run, with the cure; empty while all
   *     run
   * @param undelivered the same of the route that delivers for a workspace
   * @param node this node
   * @param random for jitter
   */
  public Delivery(
      Catalogue catalogue,
      Ledger ledger,
      DeliveryPolicy policy,
      Breakers breakers,
      Function<Table, Optional<String>> stopped,
      Function<String, Optional<String>> undelivered,
      Node node,
      RandomGenerator random) {
    this.catalogue = catalogue;
    this.webhooks = webhooks(catalogue);
    this.ledger = ledger;
    this.purse = new Purse(ledger, catalogue);
    this.policy = policy;
    this.breakers = breakers;
    this.node = node;
    this.leadership = new Leadership(ledger, node.name(), policy.lease());
    this.startedAt = ledger.now();
    this.random = random;
    this.stopped = stopped;
    this.undelivered = undelivered;
    this.lanes =
        catalogue.workspaces().values().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Workspace::name, workspace -> lane(catalogue, workspace)));
  }

  private Lane lane(Catalogue of, Workspace workspace) {
    return new Lane(workspace, tablesOf(of, workspace), ledger, policy, breakers, stopped);
  }

  private static Map<String, Webhook> webhooks(Catalogue catalogue) {
    return catalogue.tables().values().stream()
        .flatMap(table -> table.webhooks().stream())
        .collect(Collectors.toUnmodifiableMap(Webhook::id, webhook -> webhook));
  }

  /** Those that have another token now: what Clay refused may be in order. */
  private static Set<String> mended(Map<String, Webhook> before, Map<String, Webhook> now) {
    return now.values().stream()
        .filter(
            webhook -> {
              Webhook known = before.get(webhook.id());
              return known != null && !Objects.equals(known.token(), webhook.token());
            })
        .map(Webhook::id)
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Map<String, Table> tablesOf(Catalogue catalogue, Workspace workspace) {
    Map<String, Table> tables = new LinkedHashMap<>();
    for (Table table : catalogue.tables().values()) {
      if (table.workspace().equals(workspace.name())) {
        tables.put(table.name(), table);
      }
    }
    return tables;
  }

  /** The tables of now that are not there, or in another workspace, by a catalogue. */
  public Set<String> lost(Catalogue changed) {
    Map<String, String> homes = homes(catalogue);
    homes.entrySet().removeAll(homes(changed).entrySet());
    return homes.keySet();
  }

  /** Which workspace each table belongs to. */
  private static Map<String, String> homes(Catalogue of) {
    return of.tables().values().stream().collect(Collectors.toMap(Table::name, Table::workspace));
  }

  /**
   * Offers no lead of some tables from here on, until {@link #goOn}. What is on offer goes its way,
   * and so do the leads of other tables.
   */
  public void hold(Set<String> tables) {
    lanes.values().forEach(lane -> lane.hold(tables));
  }

  /**
   * Waits until no lead of the tables that are held is under way any more. Call it after {@link
   * #hold}.
   *
   * @param atMost how long
   * @return whether that came about in time, and Kiln does not stop
   */
  public boolean empties(Duration atMost) {
    long begun = System.nanoTime();
    for (Lane lane : lanes.values()) {
      while (!lane.empties(LOOK_FOR_STOP)) {
        if (stopping || System.nanoTime() - begun > atMost.toNanos()) {
          return false;
        }
      }
    }
    return !stopping;
  }

  /** Offers leads again after {@link #hold}. */
  public void goOn() {
    lanes.values().forEach(lane -> lane.hold(Set.of()));
  }

  /**
   * Goes on with a changed catalogue. No lead of a table that is {@link #lost} may be under way.
   *
   * @throws LedgerUnavailable if the ledger cannot be used; nothing is changed then
   */
  public void apply(Catalogue changed) {
    Map<String, Webhook> before = webhooks;
    webhooks = webhooks(changed);
    try {
      ledger.register(Webhooks.listed(changed));
      ledger.tryAgain(mended(before, webhooks));
      for (Map.Entry<String, Lane> lane : lanes.entrySet()) {
        if (!changed.workspaces().containsKey(lane.getKey())) {
          resign(lane.getValue());
        }
      }
    } catch (LedgerUnavailable unavailable) {
      webhooks = before;
      throw unavailable;
    }
    Map<String, Lane> known = lanes;
    Map<String, Lane> now = new LinkedHashMap<>();
    for (Workspace workspace : changed.workspaces().values()) {
      Lane lane = known.get(workspace.name());
      now.put(workspace.name(), lane == null ? lane(changed, workspace) : lane);
    }
    lanes = now;
    catalogue = changed;
    purse.apply(changed);
    for (Workspace workspace : changed.workspaces().values()) {
      lane(workspace.name()).apply(workspace, tablesOf(changed, workspace));
    }
  }

  /**
   * Delivers only the leads of some runs from here on, and lets no others go that a budget holds.
   *
   * @param runs their ids; none is nothing
   */
  public void only(Set<String> runs) {
    Set<String> some = Set.copyOf(runs);
    onlyRuns = some;
    purse.only(some);
  }

  /** What leads cost and what may be spent at a time. */
  public Budget budget(Instant now) {
    return purse.at(now);
  }

  /** Queues now what a budget held until now and has room for. */
  public void balance() {
    boolean balanced = false;
    while (!balanced) {
      balanced = purse.balance();
    }
  }

  /**
   * Takes the leases that are to be had, and looks anew at everything that tables were noted to
   * wait for.
   */
  public void start() {
    lanes.forEach(
        (workspace, lane) -> {
          // A route may have taken the lease already and be silent for a moment.
          if (leads(workspace, lane) || lane.lease() != null) {
            lane.open(ledger.orders());
          }
        });
  }

  // ---- Several nodes on one ledger ----

  /** Takes or renews a lease, where this node may have it; true while it leads. */
  private boolean leads(String workspace, Lane lane) {
    if (node.alone() || lane.lease() != null) {
      return lane.leads(node.name(), node.alone());
    }
    synchronized (leadership) {
      return undelivered.apply(workspace).isEmpty()
          && leadership.mayTake(workspace, led().size(), lanes.keySet())
          && lane.leads(node.name(), false);
    }
  }

  private List<String> led() {
    return lanes.entrySet().stream()
        .filter(lane -> lane.getValue().lease() != null)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Whether a workspace goes to another node: it does once nothing of it is under way here. */
  private boolean givesAway(String workspace, Lane lane) {
    if (node.alone()) {
      return false;
    }
    synchronized (leadership) {
      boolean goes =
          leadership.surplus(led(), lanes.keySet()).filter(workspace::equals).isPresent();
      if (goes && lane.empty()) {
        LOG.info("Workspace {} goes to another node", workspace);
        leadership.gave(workspace);
        resign(lane);
      }
      return goes;
    }
  }

  /**
   * Says that this node lives, for the length of a lease. Of workspaces whose route was stopped
   * here it tells why their tables wait, and gives back the leases where there may be other nodes.
   * Call it about every third of a lease.
   *
   * @throws LedgerUnavailable if the ledger cannot be written
   */
  public void beat() {
    if (stopping) {
      return;
    }
    ledger.beat(node.name(), node.version(), startedAt, policy.lease());
    lanes.forEach(
        (workspace, lane) -> {
          Optional<String> why = undelivered.apply(workspace);
          if (why.isEmpty() || lane.lease() == null) {
            return;
          }
          lane.stopped(why.get());
          if (!node.alone() && lane.empty()) {
            LOG.info("Workspace {} goes to another node: its route is stopped here", workspace);
            resign(lane);
          }
        });
  }

  /**
   * Whether a begun lead may still leave for Clay: not once another node may lead its workspace,
   * since this one was frozen, or waited for the ledger, for too long.
   */
  public boolean mayLeave(Sending sending) {
    return node.alone() || lane(sending.lead()).mayLeave(sending);
  }

  /**
   * Settles what was on the wire to tables of workspaces that this node leads, and was begun when
   * another workspace had them: once no answer can come.
   *
   * @throws LedgerUnavailable if the ledger cannot be written
   */
  public void recoverMoved() {
    lanes.values().forEach(Lane::recoverMoved);
  }

  /** Begins nothing more from here on; what is on the wire may still be settled. */
  public void stop() {
    stopping = true;
  }

  /**
   * Books what is still owed and gives the leases back. Called when nothing is on the wire any
   * more.
   *
   * @throws LedgerUnavailable if the ledger cannot be written: what is owed is in doubt then
   */
  public void resign() {
    lanes.values().forEach(this::resign);
  }

  /**
   * The end of this node: as {@link #resign}, and the others need not wait for it.
   *
   * @throws LedgerUnavailable if the ledger cannot be written
   */
  public void leave() {
    ledger.leave(node.name());
    resign();
  }

  private void resign(Lane lane) {
    lane.settleAll();
    Lease lease = lane.lease();
    if (lease != null) {
      ledger.resign(lease);
      lane.resigned();
    }
  }

  private Lane lane(String workspace) {
    Lane lane = lanes.get(workspace);
    if (lane == null) {
      throw new IllegalArgumentException("Workspace " + workspace + " is not in clay.yaml.");
    }
    return lane;
  }

  private Lane lane(Due lead) {
    return lanes.values().stream()
        .filter(lane -> lane.holds(lead))
        .findFirst()
        .orElseGet(
            () ->
                lane(
                    catalogue
                        .table(lead.table())
                        .map(Table::workspace)
                        .orElseThrow(
                            () ->
                                new IllegalStateException(
                                    "Table " + lead.table() + " is not in clay.yaml."))));
  }

  /**
   * The leads to put on offer now, in order: none while this node does not lead the workspace, all
   * that may go waits, or enough is on offer. Waits up to a tenth of a second for room, and as long
   * for the turn of a table that has a rate of its own.
   *
   * @param workspace the workspace
   */
  public List<Due> due(String workspace) {
    Lane lane = lane(workspace);
    try {
      if (stopping || lane.silent()) {
        return List.of();
      }
      // First of all: a lead whose answer is known must not be taken for one in doubt.
      int booked = lane.settleOwed();
      if (booked > 0) {
        LOG.info("Workspace {}: {} answers that came meanwhile are booked", workspace, booked);
      }
      boolean leading = leads(workspace, lane);
      if (standsStill()) {
        if (!leading) {
          // Who leads has written the lease just now.
          ledger.waiting(Map.of());
        }
        if (!standstill.getAndSet("").isEmpty()) {
          LOG.info("The ledger can be used again: intake and delivery go on");
        }
      }
      if (!leading || lane.silent() || givesAway(workspace, lane)) {
        return List.of();
      }
      if (purse.balance()) {
        lane.afford();
      }
      Orders orders = ledger.orders();
      lane.obey(orders);
      int room = lane.room(WAIT_FOR_ROOM);
      if (room == 0) {
        return List.of();
      }
      Instant now = ledger.now();
      List<Due> leads = offered(lane, orders, room);
      return leads.isEmpty() && lane.awaitTable(now, WAIT_FOR_ROOM)
          ? offered(lane, orders, room)
          : leads;
    } catch (LedgerUnavailable unavailable) {
      standStill(unavailable);
      return List.of();
    }
  }

  /** The leads that were put on offer. */
  private List<Due> offered(Lane lane, Orders orders, int room) {
    Map<String, Integer> open = lane.open(orders);
    if (open.isEmpty()) {
      return List.of();
    }
    List<Due> leads = ledger.due(open, room, lane.offered(), onlyRuns);
    return lane.offer(leads) ? leads : List.of();
  }

  /**
   * The ledger cannot be used: nothing is begun, and no file taken, until it can be. Told once,
   * tried again every few seconds.
   */
  public void standStill(LedgerUnavailable unavailable) {
    Instant until = ledger.now().plus(AFTER_FAILURE);
    lanes.values().forEach(lane -> lane.standStill(until));
    leadership.forget();
    String why = String.valueOf(unavailable.getMessage());
    if (standstill.getAndSet(why).isEmpty()) {
      LOG.error("Intake and delivery stand still: {}", why);
    }
  }

  /** Whether intake and delivery wait for the ledger. */
  public boolean standsStill() {
    return !standstill().isEmpty();
  }

  /** Why intake and delivery wait for the ledger, with the cure; empty while they do not. */
  public String standstill() {
    return Objects.requireNonNullElse(standstill.get(), "");
  }

  /**
   * Begins a lead: from here on the request may be on the wire.
   *
   * @throws NotSent if it may not go now; it stays queued and nothing is spent
   */
  public Sending begin(Due lead) {
    Lane lane = lane(lead);
    try {
      if (stopping) {
        throw new NotSent(WaitReason.STOPPING, "Kiln is stopping", null);
      }
      if (lane.silent()) {
        throw new NotSent(WaitReason.NOT_DUE, "The workspace is silent for a moment", null);
      }
      Lease lease = lane.lease();
      if (lease == null) {
        throw new NotSent(WaitReason.NOT_LEADER, "This node does not lead the workspace now", null);
      }
      Table table = lane.table(lead);
      Sending sending =
          ledger.begin(
              lead, lease, (uses, now) -> Webhooks.choose(table, known(uses), now), purse::at);
      lane.begun(sending);
      sending.warnings().forEach(Purse::tell);
      return sending;
    } catch (NotSent notSent) {
      if (notSent.reason() == WaitReason.BUDGET) {
        purse.refused(lead);
      }
      lane.hinder(lead, notSent);
      throw notSent;
    } catch (LedgerUnavailable unavailable) {
      standStill(unavailable);
      throw new NotSent(WaitReason.NOT_DUE, "The ledger cannot be written", null);
    }
  }

  /** Those that this node can post to: another one may have a newer catalogue. */
  private List<WebhookUse> known(List<WebhookUse> uses) {
    return node.alone()
        ? uses
        : uses.stream().filter(use -> webhooks.containsKey(use.id())).toList();
  }

  /**
   * The row as Clay gets it: Kiln's stamps, the lead's columns without the table's omitted ones,
   * the constants; what may be cut is, where it is too large.
   */
  public Map<String, @Nullable Object> body(Sending sending) {
    Due lead = sending.lead();
    Table table = lane(lead).table(lead);
    Map<Stamp, String> stamps =
        Body.stamps(
            table, lead, sending.webhook().name(), () -> ledger.batch(lead.run(), lead.record()));
    Map<String, @Nullable Object> body = Body.of(table, lead, stamps);
    List<String> cut = Body.fit(table, body);
    if (!cut.isEmpty()) {
      LOG.info("Lead {}: {} cut, since the row was too large", lead.leadId(), cut);
    }
    return body;
  }

  /**
   * The endpoint that a begun lead goes to: the Recipient List's answer. Names the webhook, never
   * its URL.
   */
  public String recipient(Sending sending) {
    return "clay:" + sending.webhook().name();
  }

  /** Data Credits that one lead takes at a table, thousandths; 0 where there is no such table. */
  public long creditsPerLead(String table) {
    return catalogue
        .table(table)
        .map(known -> Budgets.thousandths(known.creditsPerLead()))
        .orElse(0L);
  }

  /** The tables whose rows are to come back, each with how long to wait for one. */
  public Map<String, Duration> expecting() {
    Map<String, Duration> expecting = new LinkedHashMap<>();
    for (Table table : catalogue.tables().values()) {
      if (table.missingAfter() != null) {
        expecting.put(table.name(), table.missingAfter());
      }
    }
    return expecting;
  }

  /** Whether a webhook has this name. */
  public boolean hasWebhook(String name) {
    return catalogue.webhook(name).isPresent();
  }

  /**
   * The webhook that a begun lead is posted to. From here on it may have reached Clay.
   *
   * @throws IllegalStateException if the lead was posted before, or its webhook is no longer in
   *     clay.yaml; it is not posted then
   */
  public Webhook post(Sending sending) {
    Webhook webhook = webhooks.get(sending.webhook().id());
    if (webhook == null) {
      throw new IllegalStateException(
          "Webhook " + sending.webhook().name() + " is no longer in clay.yaml.");
    }
    lane(sending.lead()).posted(sending);
    return webhook;
  }

  /**
   * Waits until the next row may leave, on a connection that is ready for it: rows that were
   * bunched up behind the throttle are spread again here. At most a second.
   *
   * @param table the table whose row it is
   */
  public void awaitTurn(String table) {
    laneOf(table).ifPresent(Lane::awaitTurn);
  }

  /** A row whose turn it was has left for a table. */
  public void left(String table) {
    laneOf(table).ifPresent(Lane::left);
  }

  /** A row whose turn it was has its answer from a table, or gets none. */
  public void answered(String table) {
    laneOf(table).ifPresent(Lane::answered);
  }

  private Optional<Lane> laneOf(String table) {
    return catalogue.table(table).map(Table::workspace).map(this::lane);
  }

  /**
   * Books what came of a begun lead. The lead goes on without waiting for the disk: until the
   * ledger has its outcome it is owed, and a ledger that cannot take it gets it again before
   * anything else.
   *
   * @throws ClayFailed if the circuit breaker must know of a failure
   */
  public void settle(Sending sending, Reply reply) {
    Lane lane = lane(sending.lead());
    Answer answer = Answer.of(reply);
    boolean probe =
        breakers.of(sending.lead().table()).getState() == CircuitBreaker.State.HALF_OPEN;
    Settlement settlement = settlement(sending, reply, answer, probe);
    if (settlement.pauseUntil() != null) {
      lane.tooMany(ledger.now(), settlement.pauseUntil());
    }
    lane.settle(sending, answer, settlement);
    if (answer.breakerFailure() && reply.kind() != Reply.Kind.TURNED_BACK) {
      throw new ClayFailed(settlement.reason());
    }
  }

  /**
   * A lead failed on its way in a manner that is nobody's outcome: a stopped route, a fault in an
   * edited route. Its table waits a few seconds, so that nothing spins.
   *
   * @param lead the lead; still queued, or SENDING if it failed after begin
   * @param failure what happened
   */
  public void notSent(Due lead, Exception failure) {
    lane(lead).hinder(lead, routeFailed("A route to table " + lead.table() + fails(failure)));
  }

  /**
   * A lead's way ended at a call of a route that is not there or does not run. Its table waits a
   * few seconds, so that nothing spins; not where a route to it was stopped, for then it waits for
   * that one's start.
   *
   * @param lead the lead; still queued, or SENDING if it was begun
   * @param called how the route is called
   */
  public void noRoute(Due lead, String called) {
    if (!stopping && catalogue.table(lead.table()).flatMap(stopped).isEmpty()) {
      lane(lead)
          .hinder(
              lead,
              routeFailed(
                  "A route to table "
                      + lead.table()
                      + " calls "
                      + called
                      + ", with which no route begins that runs: \"kiln route start\" it, or mend the"
                      + " name under routes/"));
    }
  }

  private static String fails(Exception failure) {
    return " fails (" + failure.getClass().getSimpleName() + "): see the log";
  }

  private NotSent routeFailed(String why) {
    return new NotSent(
        WaitReason.ROUTE_FAILED,
        why + "; it is tried again by itself",
        ledger.now().plus(AFTER_FAILURE));
  }

  /**
   * A route failed on the way from the queue to the window. What it was given and the window has
   * not taken is off the offer, still queued; its tables wait a few seconds. Told once, until the
   * route fails otherwise, is changed, or fails no more.
   *
   * @param workspace the workspace that the route delivers for
   * @param route its id
   * @param lead the lead that it failed for; null if it failed for all
   * @param failure what happened
   */
  public void failed(String workspace, String route, @Nullable Due lead, Exception failure) {
    NotSent notSent = routeFailed("Route " + route + fails(failure));
    try {
      if (!lane(workspace).failed(route, lead, notSent)) {
        return;
      }
    } catch (LedgerUnavailable unavailable) {
      standStill(unavailable);
    }
    LOG.error("Route {} failed; it is told again once it fails otherwise or anew", route, failure);
  }

  /** The window takes a lead; false if it may not, since another exchange did or will. */
  public boolean take(Due lead) {
    return lanes.values().stream().anyMatch(lane -> lane.take(lead));
  }

  /**
   * A lead's way through the routes ended and none of them failed. Where it was not begun its table
   * waits a few seconds, so that nothing spins. Call it before {@link #release}.
   */
  public void ended(Due lead) {
    if (!stopping) {
      String why = "A route to table " + lead.table() + " ends before the step begin: see routes";
      lanes.values().stream()
          .filter(lane -> lane.offers(lead))
          .forEach(lane -> lane.hinder(lead, routeFailed(why)));
    }
  }

  /**
   * The end of a lead's way through the window, whatever became of it. One that was begun and never
   * settled, since a route failed on the way, is settled here: in doubt if it was posted.
   */
  public void release(Due lead) {
    lane(lead)
        .release(lead)
        .ifPresent(
            unsettled -> {
              try {
                settle(
                    unsettled.sending(),
                    new Reply(
                        unsettled.posted() ? Reply.Kind.NO_ANSWER : Reply.Kind.NOT_SENT,
                        0,
                        null,
                        "a route failed behind begin: see the log",
                        0,
                        0));
              } catch (ClayFailed booked) {
                LOG.debug("A lead whose route failed: {}", booked.getMessage());
              }
            });
  }

  /**
   * What the throttle of a workspace lets through.
   *
   * @param permits leads in one period, at least 1
   * @param periodMillis the period
   * @param rate the rate that both make, leads a second
   * @param enough whether enough leads that it let through wait for their turn at the wire
   */
  public record Throttle(int permits, long periodMillis, double rate, boolean enough) {}

  /**
   * The throttle of a workspace for its pace of now. While Kiln stops there is one more permit for
   * every lead that can be waiting: begin lets none of them go, so they need not wait for that.
   */
  public Throttle throttle(String workspace) {
    Lane lane = lane(workspace);
    double rate = lane.rate();
    int extra = stopping ? policy.inFlight() + 1 : 0;
    return new Throttle(
        Pace.permits(rate) + extra, Pace.periodMillis(rate), rate, lane.hasEnoughAtTheWire());
  }

  /** The catalogue that is in force. */
  public Catalogue catalogue() {
    return catalogue;
  }

  /** The pace of a workspace: what it may send, and what it sends at most at a moment. */
  public Pace pace(String workspace) {
    return lane(workspace).pace();
  }

  /** How often each answer came to this workspace's leads since this Kiln started. */
  public Map<Answer, Long> answers(String workspace) {
    return lane(workspace).answers();
  }

  private record Booking(
      LeadState state, @Nullable Instant due, WebhookNews webhook, @Nullable Instant pause) {}

  private Settlement settlement(Sending sending, Reply reply, Answer answer, boolean probe) {
    Instant now = ledger.now();
    String said = said(sending, reply, answer);
    Duration wish = Answer.retryAfter(reply.retryAfter(), now);
    if (reply.kind() == Reply.Kind.TURNED_BACK) {
      return new Settlement(
          LeadState.QUEUED, now, said, false, false, WebhookNews.NONE, null, 0, 0, reply.bytes());
    }
    boolean costs = costs(answer, probe, sending.lead().attempts() + 1 >= policy.attempts());
    int attempts = sending.lead().attempts() + (costs ? 1 : 0);
    Instant retry = now.plus(jitter(longer(policy.waitAfter(attempts), wish)));
    boolean spent = costs && attempts >= policy.attempts();

    Booking booking =
        switch (answer) {
          case ACCEPTED -> new Booking(LeadState.ACCEPTED, null, WebhookNews.WORKS, null);
          case REFUSED ->
              new Booking(
                  LeadState.REFUSED,
                  null,
                  reply.kind() == Reply.Kind.ANSWERED ? WebhookNews.WORKS : WebhookNews.NONE,
                  null);
          case WEBHOOK_REFUSES -> new Booking(LeadState.QUEUED, now, WebhookNews.REFUSES, null);
          case WEBHOOK_EXHAUSTED -> new Booking(LeadState.QUEUED, now, WebhookNews.EXHAUSTED, null);
          case TOO_MANY -> {
            Duration pause = jitter(wish == null ? Answer.LEAST_WAIT : wish);
            Instant until = now.plus(shorter(pause, Answer.LONGEST_WAIT));
            yield new Booking(LeadState.QUEUED, until, WebhookNews.NONE, until);
          }
          case NOT_SENT -> new Booking(LeadState.QUEUED, retry, WebhookNews.NONE, null);
          case FAILED ->
              spent
                  // One that may have arrived before is not dead: nobody knows.
                  ? new Booking(
                      sending.lead().possibleDuplicate() ? LeadState.UNKNOWN : LeadState.DEAD,
                      null,
                      WebhookNews.NONE,
                      null)
                  : new Booking(LeadState.QUEUED, retry, WebhookNews.NONE, null);
          case UNKNOWN ->
              new Booking(
                  LeadState.UNKNOWN,
                  spent || !policy.resend() ? null : retry,
                  WebhookNews.NONE,
                  null);
        };
    return new Settlement(
        booking.state,
        booking.due,
        answer == Answer.ACCEPTED ? "" : said,
        costs,
        answer.stored(),
        booking.webhook,
        booking.pause,
        reply.status(),
        reply.millis(),
        reply.bytes());
  }

  /**
   * What is told of a reply. Only a REFUSED lead, whose reason is nobody else's, is told in Clay's
   * own words: the webhook and the log have any other too, so that nothing of the row is in it.
   */
  private static String said(Sending sending, Reply reply, Answer answer) {
    if (reply.status() == 0 || answer == Answer.ACCEPTED) {
      return reply.text();
    }
    String text = reply.text();
    if (answer != Answer.REFUSED) {
      Set<String> row = new HashSet<>();
      collect(Lead.parse(sending.lead().payload()).values(), row);
      text = Blanks.in(text, row);
    }
    return "HTTP "
        + reply.status()
        + " "
        + (text.length() > MOST_TEXT ? text.substring(0, MOST_TEXT) : text);
  }

  /** The values of a row, at any depth. */
  private static void collect(Iterable<?> values, Set<String> row) {
    for (Object value : values) {
      if (value instanceof Map<?, ?> object) {
        collect(object.values(), row);
      } else if (value instanceof Iterable<?> list) {
        collect(list, row);
      } else if (value != null) {
        row.add(value.toString().strip());
      }
    }
  }

  /**
   * A probe costs an attempt only where it leaves the lead in doubt, and never the last: Clay is
   * known to fail, and however long that lasts, it is no lead's fault.
   */
  private static boolean costs(Answer answer, boolean probe, boolean last) {
    return switch (answer) {
      case UNKNOWN -> !(probe && last);
      case FAILED -> !probe;
      default -> false;
    };
  }

  private static Duration longer(Duration wait, @Nullable Duration wish) {
    return wish != null && wish.compareTo(wait) > 0 ? wish : wait;
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** A little longer, so that what waited together does not come together. */
  private Duration jitter(Duration wait) {
    return wait.plusMillis((long) (wait.toMillis() * JITTER * random.nextDouble()));
  }
}
