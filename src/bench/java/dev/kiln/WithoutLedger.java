package dev.kiln;

import dev.kiln.bench.Leads;
import dev.kiln.clay.Answer;
import dev.kiln.clay.Breakers;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Delivery;
import dev.kiln.clay.Node;
import dev.kiln.clay.Reply;
import dev.kiln.clay.Webhook;
import dev.kiln.ledger.Due;
import dev.kiln.ledger.Lease;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Sending;
import dev.kiln.ledger.WebhookUse;
import dev.kiln.status.Release;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.random.RandomGenerator;
import org.apache.camel.Body;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.main.Main;
import org.apache.camel.spi.CamelContextCustomizer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * The shipped routes of delivery with the ledger taken out, for the benchmark: throttle, breaker,
 * body and post are Kiln's own, but what is due comes from nowhere and without end, and begin and
 * settle keep nothing.
 */
public final class WithoutLedger {
  private static final String TABLE = "outbound-leads-tech";

  private WithoutLedger() {}

  /** Posts without end, on the configuration of the folder in which it is started. */
  public static void main(String[] arguments) throws Exception {
    Path routes = Path.of(arguments[0]);
    Places places = new Places(Path.of("config"), routes, Path.of("data"));
    Configuration configuration = Configuration.read(places);
    Settings settings = configuration.settings();
    Catalogue catalogue = configuration.catalogue();
    Breakers breakers = new Breakers(settings.breakerOpen());
    Ledger idle = Ledger.open(Files.createDirectories(places.data()), Clock.systemUTC());
    Delivery delivery =
        new Delivery(
            catalogue,
            idle,
            settings.delivery(),
            breakers,
            table -> Optional.empty(),
            workspace -> Optional.empty(),
            new Node("bench", Release.version(), true),
            RandomGenerator.getDefault());
    Main main = new Main();
    settings.values().forEach(main::addOverrideProperty);
    main.configure()
        .withName("kiln")
        .withRoutesIncludePattern(
            "file:%1$s/delivery.camel.yaml,file:%1$s/tables.camel.yaml,file:%1$s/failures.camel.yaml"
                .formatted(routes));
    Stand stand = new Stand(delivery, settings.delivery().inFlight());
    main.bind("delivery", stand);
    main.bind("window", stand);
    main.bind("pace", new PaceBean(main::getCamelContext, delivery));
    // Named by the handling of errors.
    main.bind("intake", stand);
    main.bind("onward", stand);
    catalogue.tables().keySet().forEach(table -> main.bind("breaker-" + table, breakers.of(table)));
    ClayComponent clay =
        new ClayComponent(
            delivery,
            delivery::hasWebhook,
            (table, reply) -> {},
            settings.connectTimeout(),
            settings.responseTimeout(),
            settings.delivery().inFlight());
    main.bind(
        "components",
        (CamelContextCustomizer)
            context -> {
              context.addComponent("posts", clay);
              context.addComponent("clay", new Posting(clay, catalogue));
            });
    main.start();
    System.out.println("ready");
    new CountDownLatch(1).await();
  }

  /** The beans {@code delivery} and {@code window} without a ledger. */
  public static final class Stand {
    private static final Instant FAR = Instant.MAX;

    private final Delivery delivery;
    private final int most;
    private final Lease lease = new Lease("main", "bench", 1, FAR);
    private final WebhookUse webhook =
        new WebhookUse("", "tech-1", TABLE, "tech-1", 0, 0, 0, 0, WebhookUse.State.OPEN, null, "");
    private long last;

    Stand(Delivery delivery, int inFlight) {
      this.delivery = delivery;
      this.most = 4 * inFlight;
    }

    /** As many new leads as Kiln puts on offer at once. */
    public List<Due> due(String workspace) {
      List<Due> due = new ArrayList<>();
      for (int i = 0; i < most; i++) {
        long id = ++last;
        due.add(
            new Due(
                id,
                "20261125-abcdef",
                id,
                "",
                TABLE,
                Priority.NORMAL,
                Leads.payload("9-" + id),
                false,
                0,
                0));
      }
      return due;
    }

    /** Takes a lead, whichever it is. */
    public void take(Exchange exchange, @Body Due lead) {
      exchange.setProperty("lead", lead);
    }

    /** Begins a lead. */
    public Sending begin(Due lead) {
      return new Sending(lead, 1, webhook, lease, Instant.now(), List.of());
    }

    /** The row, as Kiln makes it. */
    public Map<String, @Nullable Object> body(Sending sending) {
      return delivery.body(sending);
    }

    /** The endpoint, as Kiln names it. */
    public String recipient(Sending sending) {
      return delivery.recipient(sending);
    }

    /** Looks at the answer. */
    public void settle(Sending sending, Reply reply) {
      if (Answer.of(reply) != Answer.ACCEPTED) {
        throw new IllegalStateException("The receiver says " + reply.status());
      }
    }

    /** Ends the measure, in which nothing may fail. */
    public void notSent(Due lead, Exception failure) {
      System.err.println("Lead " + lead.id() + " failed: " + failure);
      System.exit(1);
    }

    /** Likewise. */
    public void noRoute(Exchange failed) {
      standStill(failed.getException());
    }

    /** Likewise. */
    public void standStill(Exception failure) {
      System.err.println("A route failed: " + failure);
      System.exit(1);
    }

    /** Likewise. */
    public void refuse(Exchange failed) {
      standStill(failed.getException());
    }

    /** Likewise. */
    public void failed(Exchange failed) {
      standStill(failed.getException());
    }

    /** Likewise. */
    public void waitForRoute(Exchange failed) {
      standStill(failed.getException());
    }
  }

  /** {@code clay:}, which posts what no ledger has begun. */
  private static final class Posting extends DefaultComponent {
    private final ClayComponent clay;
    private final Catalogue catalogue;

    Posting(ClayComponent clay, Catalogue catalogue) {
      this.clay = clay;
      this.catalogue = catalogue;
    }

    @Override
    protected Endpoint createEndpoint(String uri, String name, Map<String, Object> parameters) {
      Webhook webhook = catalogue.webhook(name).orElseThrow();
      return new DefaultEndpoint(uri, this) {
        @Override
        public Producer createProducer() {
          return new ClayProducer(this, sending -> webhook, clay::post, (table, reply) -> {});
        }

        @Override
        public Consumer createConsumer(Processor processor) {
          throw new UnsupportedOperationException();
        }
      };
    }
  }
}
