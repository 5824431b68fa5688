package dev.kiln.clay;

import dev.kiln.ledger.Due;
import dev.kiln.ledger.LedgerFixture;
import dev.kiln.ledger.Sending;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Delivery over a real ledger, with one workspace of 8 leads a second and what a test needs of it.
 */
final class DeliveryFixture implements AutoCloseable {
  static final String WORKSPACE = LedgerFixture.WORKSPACE;

  /** Random numbers that are all 0: no jitter. */
  static final RandomGenerator LEAST = () -> 0L;

  /** Random numbers that are all as near to 1 as can be: the most jitter. */
  static final RandomGenerator MOST = () -> -1L;

  static final DeliveryPolicy POLICY =
      new DeliveryPolicy(
          32,
          8,
          Duration.ofSeconds(5),
          Duration.ofMinutes(15),
          true,
          Duration.ofMinutes(8),
          Duration.ofSeconds(10),
          Duration.ofSeconds(35));

  final LedgerFixture books;
  final Breakers breakers = new Breakers(Duration.ofHours(1));
  final Map<String, String> stoppedRoutes = new ConcurrentHashMap<>();

  /** How often delivery looked whether a route runs. */
  final AtomicInteger looks = new AtomicInteger();

  /** What happens meanwhile. */
  volatile Runnable onLook = () -> {};

  private final Catalogue catalogue;
  private Delivery delivery;

  DeliveryFixture(Path data, Budgets budgets, Table... tables) {
    books = LedgerFixture.in(data);
    catalogue = catalogue(budgets, tables);
    books.ledger().register(Webhooks.listed(catalogue));
    delivery = delivery(POLICY, LEAST, "node", true);
    books.budgets(now -> delivery().budget(now));
  }

  static Catalogue catalogue(Budgets budgets, Table... tables) {
    return catalogue(new Workspace(WORKSPACE, 8, 0), budgets, tables);
  }

  static Catalogue catalogue(Workspace workspace, Budgets budgets, Table... tables) {
    return new Catalogue(Map.of(workspace.name(), workspace), named(tables), budgets);
  }

  private static Map<String, Table> named(Table... tables) {
    Map<String, Table> named = new LinkedHashMap<>();
    Arrays.stream(tables).forEach(table -> named.put(table.name(), table));
    return named;
  }

  /** A table of 6 credits and 4 actions a lead. */
  static Table table(String name, Webhook... webhooks) {
    return priced(name, "6", webhooks);
  }

  static Table priced(String name, String credits, Webhook... webhooks) {
    return new Table(
        name,
        WORKSPACE,
        0,
        new BigDecimal(credits),
        new BigDecimal("4"),
        50_000,
        false,
        Set.of(),
        Set.of(),
        Set.of(),
        Map.of(),
        null,
        List.of(webhooks));
  }

  static Table table(String name, double rate, int rowCap, boolean autoDelete, Webhook... hooks) {
    Table plain = table(name, hooks);
    return new Table(
        name,
        WORKSPACE,
        rate,
        plain.creditsPerLead(),
        plain.actionsPerLead(),
        rowCap,
        autoDelete,
        plain.omitFields(),
        plain.trimFields(),
        plain.stamps(),
        plain.constants(),
        null,
        plain.webhooks());
  }

  static Webhook webhook(String name, int cap) {
    return webhook(name, cap, name);
  }

  static Webhook webhook(String name, int cap, String clayTable) {
    return new Webhook(
        name, "", "id of " + name, new Secret("https://clay/" + name), null, cap, 0, clayTable);
  }

  Delivery delivery() {
    return delivery;
  }

  /** Goes on with other numbers or another node. */
  Delivery delivery(DeliveryPolicy policy, RandomGenerator random, String node, boolean alone) {
    delivery =
        new Delivery(
            catalogue,
            books.ledger(),
            policy,
            breakers,
            table -> {
              Optional<String> stopped = Optional.ofNullable(stoppedRoutes.get(table.name()));
              looks.incrementAndGet();
              onLook.run();
              return stopped;
            },
            workspace -> Optional.ofNullable(stoppedRoutes.get(workspace)),
            new Node(node, "1", alone),
            random);
    return delivery;
  }

  List<Due> due() {
    return delivery.due(WORKSPACE);
  }

  /** Begins the next lead that is due; takes the others off the offer. */
  Sending begin() {
    List<Due> due = due();
    due.subList(1, due.size()).forEach(delivery::release);
    return delivery.begin(due.get(0));
  }

  /** What became of a begun lead, as the route has it: settled, and then off the offer. */
  void settle(Sending sending, Reply reply) {
    try {
      delivery.settle(sending, reply);
    } finally {
      release(sending.lead());
    }
  }

  /** The end of a lead's way; what was booked of it can be seen then. */
  void release(Due lead) {
    delivery.release(lead);
    books.settled();
  }

  static Reply answered(int status) {
    return answered(status, null);
  }

  static Reply answered(int status, @Nullable String retryAfter) {
    return new Reply(Reply.Kind.ANSWERED, status, retryAfter, "what Clay says", 180, 300);
  }

  static Reply ended(Reply.Kind kind) {
    return new Reply(kind, 0, null, "SocketTimeoutException", 180, 300);
  }

  @Override
  public void close() {
    books.mustBalance();
    books.close();
  }
}
