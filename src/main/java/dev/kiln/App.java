package dev.kiln;

import dev.kiln.clay.Answer;
import dev.kiln.clay.Breakers;
import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Delivery;
import dev.kiln.clay.DeliveryPolicy;
import dev.kiln.clay.Node;
import dev.kiln.clay.Placeholders;
import dev.kiln.clay.Reply;
import dev.kiln.clay.Table;
import dev.kiln.clay.Webhooks;
import dev.kiln.lead.UnreadableFile;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.NodeAccount;
import dev.kiln.ledger.ListedWebhook;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import dev.kiln.ledger.Store;
import dev.kiln.ledger.WaitReason;
import dev.kiln.ledger.Waiting;
import dev.kiln.ledger.Wish;
import dev.kiln.plan.Preview;
import dev.kiln.status.Alerts;
import dev.kiln.status.Facts;
import dev.kiln.status.LiveStatus;
import dev.kiln.status.Management;
import dev.kiln.status.Metrics;
import dev.kiln.status.NotReady;
import dev.kiln.status.Release;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.main.Main;
import org.apache.camel.main.SimpleMainShutdownStrategy;
import org.apache.camel.spi.CamelContextCustomizer;
import org.apache.camel.util.ObjectHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running Kiln: the wiring of ledger, delivery and routes, and the only class that names every
 * other. Close it to stop: nothing more is begun, what is on the wire is settled, then the leases
 * and the lock are given back.
 */
public final class App implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(App.class);

  /** Camel waits so long for what is on the wire; with the rest of the stop it stays below 25 s. */
  private static final int SHUTDOWN_SECONDS = 20;

  /** A look for stray files walks through the whole inbox, so it is rare. */
  private static final int LOOKS_FOR_STRAYS = 6;

  /**
   * What is still on the wire after so long a stop gets no answer any more, and is settled so: its
   * threads read from sockets, which no interrupt ends.
   */
  private static final int HANG_UP_SECONDS = 15;

  /** A duty stays with a dead node for so many times the lease of a workspace. */
  private static final int DUTY_LEASES = 3;

  /** What a Kiln does. */
  public enum Mode {
    /** Picks up files, listens for HTTP and delivers everything, until it is stopped. */
    RUN,
    /**
     * Delivers only the run that it is given, or leaves that to the Kilns that run on the same
     * ledger; leaves the inbox alone.
     */
    SEND,
    /** Loads everything and runs nothing. */
    CHECK
  }

  private final DataLock lock;
  private final String node;
  private final Ledger ledger;
  private final Intake intake;
  private final Delivery delivery;
  private final PaceBean pace;
  private final ClayComponent clay;
  private final Main main;
  private final Spool spool;
  private final Poll poll;
  private final Claims claims;
  private final Duties duties;
  private final HttpPoster poster;
  private final Health health;
  private final Duration lease;
  private @Nullable HttpListener http;
  private @Nullable Uploads uploads;
  private @Nullable HttpListener results;
  private @Nullable Jolokia jolokia;
  private @Nullable Watch watch;
  private @Nullable LiveReload live;
  private @Nullable Management management;
  private @Nullable Retention retention;
  private @Nullable Rhythm heartbeat;
  private @Nullable Rhythm strays;
  private volatile @Nullable Instant othersLead;
  private boolean closed;

  private App(
      DataLock lock,
      String node,
      Ledger ledger,
      Intake intake,
      Delivery delivery,
      PaceBean pace,
      ClayComponent clay,
      Main main,
      Spool spool,
      Poll poll,
      Claims claims,
      Duties duties,
      HttpPoster poster,
      Health health,
      Duration lease) {
    this.lock = lock;
    this.node = node;
    this.ledger = ledger;
    this.intake = intake;
    this.delivery = delivery;
    this.pace = pace;
    this.clay = clay;
    this.main = main;
    this.spool = spool;
    this.poll = poll;
    this.claims = claims;
    this.duties = duties;
    this.poster = poster;
    this.health = health;
    this.lease = lease;
  }

  /**
   * Starts a Kiln.
   *
   * @param places its folders
   * @param mode what it does
   * @throws dev.kiln.lead.InvalidConfiguration if a file under config or routes cannot be used
   * @throws AlreadyRunning if another Kiln runs on the same data
   */
  public static App start(Places places, Mode mode) throws Exception {
    ConfigFiles files = ConfigFiles.of(places);
    Configuration configuration = Configuration.read(places);
    configuration.routes().directNamesMustMeet();
    DataLock lock = DataLock.take(places.data());
    Ledger ledger = null;
    DeliveryPolicy policy = configuration.settings().delivery();
    Node node = null;
    try {
      for (String folder : NotReady.FOLDERS) {
        Files.createDirectories(places.data().resolve(folder));
      }
      prepareInbox(places, configuration.settings(), mode);
      prepareSpool(places, configuration.settings(), mode);
      if (mode != Mode.CHECK) {
        Leftovers.sweep(
            places.data(), configuration.settings().inbox(places.data()), Instant.now());
      }
      Store store = configuration.settings().ledger(places);
      if (mode == Mode.CHECK) {
        store = Store.embedded(places.data());
      }
      ledger = Ledger.open(store);
      node = new Node(name(), Release.version(), store.embedded());
      List<ListedWebhook> webhooks = Webhooks.listed(configuration.catalogue());
      ledger.register(webhooks);
      ledger.tryAgain(webhooks.stream().map(ListedWebhook::id).collect(Collectors.toSet()));
      Map<String, Waiting> orphans = orphans(ledger, configuration.catalogue());
      if (node.alone()) {
        // The lock on the data folder proves that nobody else lives, and has them on the wire.
        ledger.roster().nodes().stream().map(NodeAccount::name).forEach(ledger::leave);
        // Whatever epoch they were begun in: each workspace counts its own, and a table may have
        // got another workspace.
        Set<String> all = new HashSet<>(orphans.keySet());
        all.addAll(configuration.catalogue().tables().keySet());
        ledger.recover(
            Long.MAX_VALUE, all, policy.resend() ? ledger.now() : null, policy.attempts());
      }
      ledger.waiting(orphans);
      return start(places, mode, files, configuration, lock, ledger, node);
    } catch (Exception | Error failure) {
      if (ledger != null) {
        leave(ledger, node, failure);
        StopSteps.all(ledger::close);
      }
      StopSteps.all(lock::close);
      throw failure;
    }
  }

  /** A start failed: nobody needs to wait for this node. */
  private static void leave(Ledger ledger, @Nullable Node node, Throwable failure) {
    try {
      if (node != null) {
        ledger.leave(node.name());
      }
    } catch (LedgerUnavailable second) {
      failure.addSuppressed(second);
    }
  }

  /** Makes the inbox; one apart from the data folder must be there, since it may be a mount. */
  private static void prepareInbox(Places places, Settings settings, Mode mode) throws IOException {
    Path inbox = settings.inbox(places.data());
    if (!settings.ownsInbox() && mode == Mode.SEND) {
      return;
    }
    if (!settings.ownsInbox()) {
      mustBeThere(settings, Settings.INBOX, inbox);
    }
    if (settings.ownsInbox() || mode != Mode.CHECK) {
      for (Priority priority : Priority.values()) {
        Files.createDirectories(inbox.resolve(priority.word()));
      }
    }
  }

  /** Makes the spool; one apart from the data folder must be there, since it may be a mount. */
  private static void prepareSpool(Places places, Settings settings, Mode mode) throws IOException {
    Path spool = settings.spool(places.data());
    if (settings.ownsSpool()) {
      Files.createDirectories(spool);
    } else if (mode != Mode.SEND) {
      mustBeThere(settings, Settings.SPOOL, spool);
    }
  }

  private static void mustBeThere(Settings settings, String key, Path folder) {
    if (!Files.isDirectory(folder)) {
      throw settings
          .fault(key, "names " + folder + ", which is not a folder: make it, or mount its disk")
          .forNow();
    }
  }

  /**
   * Tables that still have leads and are no longer in the catalogue: their leads wait, also those
   * that were on the wire when the Kiln before this one ended.
   */
  private static Map<String, Waiting> orphans(Ledger ledger, Catalogue catalogue) {
    Map<String, Waiting> orphans = new HashMap<>();
    for (LedgerView.TableAccount table : ledger.view().snapshot().tables()) {
      if (!catalogue.tables().containsKey(table.name())) {
        orphans.put(
            table.name(),
            new Waiting(
                WaitReason.NO_TABLE,
                "Table "
                    + table.name()
                    + " is not in config/clay.yaml any more: its leads wait until it is, or are moved with \"kiln move --table "
                    + table.name()
                    + " --to TABLE\"",
                null));
      }
    }
    return orphans;
  }

  private static App start(
      Places places,
      Mode mode,
      ConfigFiles files,
      Configuration configuration,
      DataLock lock,
      Ledger ledger,
      Node node)
      throws Exception {
    Settings settings = configuration.settings();
    Catalogue catalogue = configuration.catalogue();
    boolean beside = mode == Mode.SEND && !node.alone() && ledger.view().led();
    Breakers breakers = new Breakers(settings.breakerOpen());
    Main main = new Main();
    // Camel's own would install a second shutdown hook that waits for the first.
    main.setShutdownStrategy(new SimpleMainShutdownStrategy());
    RouteStops stops = new RouteStops(SHUTDOWN_SECONDS);
    Delivery delivery =
        new Delivery(
            catalogue,
            ledger,
            settings.delivery(),
            breakers,
            table -> stopped(main.getCamelContext(), stops, table),
            workspace -> notRunning(main.getCamelContext(), stops, "deliver-" + workspace),
            node,
            RandomGenerator.getDefault());

    Path properties = places.config().resolve(Settings.FILE);
    if (Files.exists(properties)) {
      main.setPropertyPlaceholderLocations("file:" + properties.toAbsolutePath());
    }
    settings.values().forEach(main::addOverrideProperty);
    // They name secrets, which are no concern of routes.
    for (String secret :
        List.of(
            Settings.LEDGER,
            Settings.LEDGER_USER,
            Settings.LEDGER_PASSWORD,
            Settings.TOKEN,
            Settings.RESULTS_TOKEN,
            Settings.SIGNING_KEY,
            Settings.NOTIFY)) {
      main.addOverrideProperty(secret, "");
    }
    main.addOverrideProperty("kiln.data", places.data().toAbsolutePath().normalize().toString());
    main.addOverrideProperty(
        Settings.INBOX, settings.inbox(places.data()).toAbsolutePath().normalize().toString());
    Path spooled = settings.spool(places.data()).toAbsolutePath().normalize();
    main.addOverrideProperty(Settings.SPOOL, spooled.toString());
    main.addOverrideProperty("kiln.intake.auto-startup", String.valueOf(mode == Mode.RUN));
    // A stop waits as long for the consumers of an empty window.
    main.addInitialProperty("camel.component.seda.default-poll-timeout", "200");
    main.configure()
        .withName("kiln")
        .withAutoStartup(mode != Mode.CHECK && !beside)
        .withShutdownTimeout(SHUTDOWN_SECONDS);
    main.configure().addRoutesBuilder(configuration.routes().builder());

    main.bind("stops", stops);
    Map<String, Object> beans = new HashMap<>();
    beans.put("delivery", delivery);
    beans.put("window", new WindowBean(delivery));
    PaceBean pace = new PaceBean(main::getCamelContext, delivery);
    beans.put("pace", pace);
    Claims claims =
        new Claims(places.data(), settings.claimLease(), Clock.systemUTC(), System::nanoTime);
    ledger.readAs(claims.owner(), settings.claimLease());
    if (mode == Mode.RUN && !node.alone() && settings.ownsSpool()) {
      LOG.info(
          "What comes over HTTP waits in {} for this Kiln alone: with several on one ledger, let kiln.intake.spool"
              + " name a folder that all of them have",
          spooled);
    }
    Duties duties =
        new Duties(
            ledger,
            node.name(),
            settings.delivery().lease().multipliedBy(DUTY_LEASES),
            node.alone() || mode == Mode.CHECK
                ? Duties.Share.ALL
                : beside ? Duties.Share.NONE : Duties.Share.SOME);
    Intake intake =
        new Intake(
            ledger,
            configuration.hygiene(),
            settings.batchRows(),
            settings.dedupeWindow(),
            settings.dedupeMode(),
            delivery::budget,
            places.data(),
            claims::lost,
            mode == Mode.SEND ? onlyOpened(delivery) : run -> {});
    beans.put("intake", intake);
    SettledFiles settled =
        new SettledFiles(
            settings.stability(),
            settings.tryAgain(),
            System::nanoTime,
            delivery::standsStill,
            (file, why) -> intake.waits(file, null, why));
    beans.put("settled", settled);
    beans.put("inbox", TakenFiles.ofInbox(claims, intake, settled::still));
    beans.put("spooled", TakenFiles.ofSpool(settings.ownsSpool() ? null : claims, intake));
    beans.put(
        "preview",
        new PreviewBean(intake, catalogue, settings.dedupeWindow(), settings.dedupeMode()));
    beans.put("routed", new RoutedLeads(delivery::creditsPerLead));
    beans.put("rejects", new Rejects(ledger.view(), places.data()));
    Spool spool =
        new Spool(
            spooled,
            places.data().resolve("rejects"),
            claims,
            !settings.ownsSpool(),
            ledger,
            settings.largestUpload(),
            settings.dedupeMode(),
            intake,
            settings.tryAgain(),
            delivery::standsStill);
    spool.sweep();
    if (mode != Mode.CHECK) {
      // The ledger of a check knows nothing.
      spool.setAsideUnknown();
    }
    beans.put("spool", spool);
    Poll poll =
        new Poll(
            duties,
            spool,
            ledger,
            configuration.placeholders(),
            settings.connectTimeout(),
            settings.responseTimeout());
    beans.put("poll", poll);
    Messages messages =
        new Messages(
            duties,
            ledger,
            intake,
            delivery,
            settings.dedupeMode(),
            configuration.placeholders(),
            main::getCamelContext);
    beans.put("messages", messages);
    beans.put("no-headers", new NoHeaders());
    HttpPoster poster = new HttpPoster(settings.connectTimeout(), settings.responseTimeout());
    beans.put("alerts", new AlertPost(configuration.placeholders(), poster));
    beans.put(
        "results",
        new ResultWatch(
            duties,
            ledger,
            delivery,
            settings.resultsSilence(),
            poster,
            () -> settings.resultsNotify(configuration.placeholders())));
    beans.put(
        "onward",
        new OnwardBean(
            duties,
            ledger,
            new ResultFiles(places.data().resolve("results"), claims.owner()),
            configuration.placeholders(),
            settings.resultsLongestWait(),
            poster,
            delivery));
    beans.forEach(main::bind);
    catalogue.tables().keySet().forEach(table -> main.bind("breaker-" + table, breakers.of(table)));
    Facts.Source facts = new Facts.Source(ledger, delivery::catalogue);
    Alerts alerts =
        new Alerts(
            settings.alertsStalled(),
            settings.alertsRunway(),
            table -> ledger.view().anyDue(table),
            ledger.now());
    RouteBoard board = new RouteBoard(main::getCamelContext, stops, configuration.routes());
    Health health =
        new Health(
            board,
            facts,
            delivery,
            messages::faults,
            intake::waiting,
            places.data(),
            settings.inbox(places.data()),
            spooled);
    Metrics metrics =
        new Metrics(
            node.name(), facts, delivery, breakers, alerts, () -> health.notReady().isEmpty());
    BiConsumer<String, Reply> posted =
        (table, reply) -> {
          metrics.posted(table, reply);
          if (Answer.of(reply) == Answer.ACCEPTED) {
            alerts.accepted(table, ledger.now());
          }
        };
    ClayComponent clay = clay(delivery, delivery::hasWebhook, posted, settings, catalogue);
    // Here, and not bound: Camel would start it under the first leads, of which only one waits for
    // it.
    main.bind(
        "components",
        (CamelContextCustomizer)
            context -> {
              context.addComponent("clay", clay);
              LiveRoutes.fillByConfiguration(context);
              context
                  .getCamelContextExtension()
                  .setManagementMBeanAssembler(new MBeanKinds(context));
            });
    App app =
        new App(
            lock,
            node.name(),
            ledger,
            intake,
            delivery,
            pace,
            clay,
            main,
            spool,
            poll,
            claims,
            duties,
            poster,
            health,
            settings.delivery().lease());
    try {
      claims.keep();
      duties.keep(duty -> runsDuty(main.getCamelContext(), duty));
      startCamel(main);
      if (mode == Mode.RUN) {
        // Not before it can lead: what is given away to a node that still starts goes back.
        app.beat(node, settings.delivery());
        app.listen(
            settings, configuration.placeholders(), breakers, alerts, metrics, health, board);
        app.lookForStrays(settings.inbox(places.data()), settings.tryAgain());
      }
      if (beside) {
        app.startCalledRoutes();
        app.othersLead = ledger.now();
      } else if (mode != Mode.CHECK) {
        ledger.expect(delivery.expecting().keySet());
        app.listenForResults(settings, configuration.placeholders());
        delivery.start();
        app.retention =
            new Retention(
                places.data(),
                duties,
                ledger,
                settings,
                () -> OnwardBean.targets(main.getCamelContext()));
        app.retention.start();
        Management management =
            new Management(
                main.getCamelContext().getManagementName(),
                node.name(),
                catalogue,
                facts,
                ledger,
                delivery);
        app.management = management;
        app.live =
            new LiveReload(
                places,
                files,
                configuration,
                new LiveReload.Running(
                    main.getCamelContext(),
                    stops,
                    beans,
                    breakers,
                    delivery,
                    intake,
                    pace,
                    changed ->
                        clay(
                            delivery,
                            name -> changed.webhook(name).isPresent(),
                            posted,
                            settings,
                            changed),
                    changed -> {
                      clay.allow(mostConnections(settings, changed.catalogue()));
                      management.follow(changed.catalogue());
                      ledger.waiting(orphans(ledger, changed.catalogue()));
                      board.use(changed.routes());
                    }));
        app.watch =
            new Watch(facts, alerts, duties, main.getCamelContext()).every(settings.alertsLook());
      }
    } catch (Exception failure) {
      app.detach();
      StopSteps.all(
          StopSteps.closing(app.results),
          main::stop,
          duties::close,
          () -> app.resign(failure),
          claims::close);
      throw configuration.routes().explain(properties, failure);
    }
    return app;
  }

  /**
   * Starts Camel while no other Kiln in this process does: its search for a free name in JMX is no
   * reservation.
   */
  private static synchronized void startCamel(Main main) throws Exception {
    main.start();
  }

  /** Lives, as far as the others know, from now until it is closed. */
  private void beat(Node node, DeliveryPolicy policy) {
    delivery.beat();
    Rhythm beating =
        new Rhythm("kiln-heartbeat").every(policy.lease().dividedBy(3), delivery::beat);
    if (!node.alone()) {
      beating.every(policy.answerBy(), () -> recoverOrphans(policy));
    }
    heartbeat = beating;
  }

  /** Looks for files of the inbox that no route reads, until it is closed: all of it is walked. */
  private void lookForStrays(Path inbox, Duration often) {
    StrayFiles files =
        new StrayFiles(
            inbox,
            () -> context().getRoutes().stream().map(Route::getEndpoint).toList(),
            (file, why) -> intake.waits(file, null, why));
    strays = new Rhythm("kiln-strays").every(often.multipliedBy(LOOKS_FOR_STRAYS), files::look);
  }

  /**
   * Settles what a node had on the wire to a table that is in no catalogue any more, or in another
   * workspace: nobody leads it as that node did, so it is done once no answer can come.
   */
  private void recoverOrphans(DeliveryPolicy policy) {
    Instant now = ledger.now();
    delivery.recoverMoved();
    ledger.recoverBegunBy(
        now.minus(policy.answerBy()),
        List.of(),
        orphans(ledger, delivery.catalogue()).keySet(),
        policy.resend() ? now : null,
        policy.attempts());
  }

  /** Gives back the leases that a start that failed had taken, so that nobody waits for them. */
  private void resign(Exception failure) {
    try {
      delivery.resign();
    } catch (LedgerUnavailable second) {
      failure.addSuppressed(second);
    }
  }

  private static ClayComponent clay(
      Delivery delivery,
      Predicate<String> known,
      BiConsumer<String, Reply> posted,
      Settings settings,
      Catalogue catalogue) {
    return new ClayComponent(
        delivery,
        known,
        posted,
        settings.connectTimeout(),
        settings.responseTimeout(),
        mostConnections(settings, catalogue));
  }

  private static int mostConnections(Settings settings, Catalogue catalogue) {
    return settings.delivery().inFlight() * catalogue.workspaces().size();
  }

  private void listen(
      Settings settings,
      Placeholders placeholders,
      Breakers breakers,
      Alerts alerts,
      Metrics metrics,
      Health health,
      RouteBoard routes) {
    settings.jolokia().ifPresent(address -> listenForJolokia(settings, address));
    Optional<InetSocketAddress> address = settings.listen();
    if (address.isEmpty()) {
      return;
    }
    Uploads taking =
        new Uploads(
            spool,
            ledger,
            context().createProducerTemplate(),
            settings.uploadsAtOnce(),
            settings.stall());
    uploads = taking;
    HttpListener listener =
        new HttpListener(() -> settings.token(placeholders), HttpListener.FEW_AT_ONCE)
            .on("POST", "/leads", taking::post)
            .on("GET", "/runs/*", taking::run)
            .on(
                "GET",
                "/metrics",
                call ->
                    call.answer(
                        () -> HttpReply.text(Metrics.CONTENT_TYPE, metrics.scrape()), () -> {}))
            .open("/health/live", health::live)
            .open("/health/ready", health::ready)
            .on(
                "GET",
                "/routes",
                call -> call.answer(() -> HttpReply.of(200, routes.list()), () -> {}));
    show(listener, settings, breakers, alerts, health, routes);
    http = listener;
    try {
      listener.listen(address.get(), settings.idle());
    } catch (IOException failure) {
      throw settings.notListening(failure);
    }
    lock.listensAt(listener.uri());
  }

  /** Adds the status page: its files, what it shows and what it orders. */
  private void show(
      HttpListener listener,
      Settings settings,
      Breakers breakers,
      Alerts alerts,
      Health health,
      RouteBoard routes) {
    StatusPage page = new StatusPage();
    LiveStatus status =
        new LiveStatus(
            node,
            ledger,
            delivery,
            breakers,
            alerts,
            health::notReady,
            health::notes,
            () -> reload().map(Reload::json).orElse(null));
    status.sample();
    StatusStream stream = new StatusStream(status);
    OrderDesk desk = new OrderDesk(node, ledger, delivery, settings.dedupeWindow(), routes);
    listener
        .open("/", page::index)
        .open("/page/*", page::file)
        .on("GET", "/status", stream::once)
        .on("HEAD", "/status", stream::once)
        .on("GET", "/status/events", stream::follow)
        .on("GET", "/status/leads", stream::ended)
        .on("POST", "/orders/*", desk::post)
        .every(StatusStream.SAMPLE, status::sample);
  }

  private void listenForResults(Settings settings, Placeholders placeholders) {
    Optional<InetSocketAddress> address = settings.resultsListen();
    if (address.isEmpty()) {
      return;
    }
    Results receiver =
        new Results(
            ledger,
            settings.resultsLeadId(),
            () -> settings.signingKey(placeholders),
            settings.stall());
    HttpListener listener =
        new HttpListener(() -> settings.resultsToken(placeholders), Results.AT_ONCE)
            .notNow(429)
            .unless(receiver::signed)
            .on("POST", "/results/*", receiver::post);
    results = listener;
    try {
      listener.listen(address.get(), settings.idle());
    } catch (IOException failure) {
      throw settings.resultsNotListening(failure);
    }
  }

  private void listenForJolokia(Settings settings, InetSocketAddress address) {
    try {
      jolokia = Jolokia.listen(address);
    } catch (IOException failure) {
      throw settings.jolokiaNotListening(failure);
    }
  }

  /** Listens to nobody any more: not to uploads, changed files or JMX. */
  private void detach() {
    StopSteps.all(
        StopSteps.closing(watch),
        StopSteps.closing(jolokia),
        StopSteps.closing(http),
        StopSteps.closing(uploads),
        StopSteps.closing(live),
        StopSteps.closing(management),
        StopSteps.closing(retention),
        StopSteps.closing(heartbeat),
        StopSteps.closing(strays));
  }

  /** Lets delivery deliver the runs that this process opens, and no other. */
  private static Consumer<Run> onlyOpened(Delivery delivery) {
    Set<String> runs = ConcurrentHashMap.newKeySet();
    delivery.only(runs);
    return run -> {
      runs.add(run.id());
      delivery.only(runs);
    };
  }

  private static Optional<String> stopped(CamelContext context, RouteStops stops, Table table) {
    String route = "table-" + table.name();
    if (context.getRoute(route) == null) {
      return Optional.of(
          "Table "
              + table.name()
              + " has no route "
              + route
              + ": add one to routes/tables.camel.yaml");
    }
    return Stream.of(route, "window-" + table.workspace(), "pace-" + table.workspace())
        .filter(id -> context.getRoute(id) != null)
        .flatMap(id -> notRunning(context, stops, id).stream())
        .findFirst();
  }

  private static Optional<String> notRunning(
      @Nullable CamelContext context, RouteStops stops, String route) {
    ServiceStatus status =
        context == null ? null : context.getRouteController().getRouteStatus(route);
    return status != null && status.isStarted() && !stops.under(route)
        ? Optional.empty()
        : Optional.of(RouteStops.told(route));
  }

  /**
   * Whether the route of a duty runs: the one whose scheduler has the duty's name. One that is
   * being stopped still does, until what is under way in it ends. Empty where there is none.
   */
  private static Optional<Boolean> runsDuty(CamelContext context, String duty) {
    String scheduler = "scheduler://" + duty.replaceFirst(" ", "-");
    return context.getRoutes().stream()
        .filter(route -> route.getEndpoint().getEndpointUri().split("\\?", 2)[0].equals(scheduler))
        .map(route -> context.getRouteController().getRouteStatus(route.getId()))
        .map(status -> status != null && !status.isStopped() && !status.isSuspended())
        .reduce((one, other) -> one || other);
  }

  /** A name that no node had before. */
  private static String name() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      host = "localhost";
    }
    return host
        + "-"
        + ProcessHandle.current().pid()
        + "-"
        + UUID.randomUUID().toString().substring(0, 8);
  }

  /** The ledger of this Kiln. */
  public Ledger ledger() {
    return ledger;
  }

  /** The reasons why it is not ready; none while it is. */
  List<NotReady> notReady() {
    return health.notReady();
  }

  /** What an operator should know though it is ready. */
  List<NotReady> notes() {
    return health.notes();
  }

  /** The rate of a workspace at this moment, leads a second. */
  double rate(String workspace) {
    return delivery.throttle(workspace).rate();
  }

  /** How the files under config and routes stand to what is in force; empty in a check. */
  public Optional<Reload> reload() {
    return Optional.ofNullable(live).map(LiveReload::state);
  }

  /** Where this Kiln listens for HTTP, with no slash at the end; empty where it does not. */
  public Optional<URI> http() {
    return Optional.ofNullable(http).map(HttpListener::uri);
  }

  /** Where rows come back to, with no slash at the end; empty where they do not. */
  public Optional<URI> results() {
    return Optional.ofNullable(results).map(HttpListener::uri);
  }

  /** Where Jolokia listens; empty where it does not. */
  Optional<URI> jolokia() {
    return Optional.ofNullable(jolokia).map(Jolokia::uri);
  }

  /** The Camel context of this Kiln. */
  public CamelContext context() {
    return main.getCamelContext();
  }

  /**
   * Reads a file where it lies, through the same routes as the inbox, and returns when it was read
   * to its end, and what a budget held of it before and has room for now is queued.
   *
   * @param file the file
   * @param source its source; empty for none
   * @param priority its priority
   * @param wish how it is to be read, whatever was asked for its content before
   * @return the run that has it
   * @throws ReadingStopped if it changes while it is read
   * @throws Exception if it could not be read for now
   */
  public Run read(Path file, String source, Priority priority, Wish wish) throws Exception {
    Wish open = wish;
    try (ProducerTemplate template = context().createProducerTemplate()) {
      while (true) {
        Exchange read = Intake.accept(template, file, source, priority, open);
        if (read.getException() == null) {
          Intake.Reading reading = read.getProperty("run", Intake.Reading.class);
          if (reading == null || !intake.mayLeave(file, reading)) {
            throw new IllegalStateException(
                file + " was not read to its end: the log says why, and where it is read on");
          }
          delivery.balance();
          return reading.run();
        }
        // It arrives within the failure of the batch that met it.
        ReadingStopped stopped =
            ObjectHelper.getException(ReadingStopped.class, read.getException());
        if (stopped == null) {
          throw read.getException();
        }
        if (!stopped.forAMoment() && !stopped.elsewhere()) {
          throw stopped;
        }
        if (read.getProperty("run") != null) {
          // Its run was opened so: read to its end elsewhere, it would be read anew.
          open = Wish.NONE;
        }
        if (stopped.elsewhere()) {
          TimeUnit.SECONDS.sleep(1);
        }
        intake.awaitGoOn();
      }
    }
  }

  /**
   * Checks everything under config and routes as a start would, without touching the data and
   * without sending anything.
   *
   * @return what is in order, and what could not be looked at; a line each
   * @throws dev.kiln.lead.InvalidConfiguration at the first fault
   * @throws dev.kiln.ledger.LedgerUnavailable if the ledger's database cannot hold every name
   */
  public static List<String> check(Places places) throws Exception {
    Path scratch = Files.createTempDirectory("kiln-check");
    try {
      start(places.with(scratch), Mode.CHECK).close();
    } finally {
      Trees.delete(scratch);
    }
    String inOrder = places.config() + " and " + places.routes() + " are in order.";
    // A check leaves the ledger alone, wherever it is, and asks only what would refuse the start.
    Store store = Settings.store(places);
    return store.mustBeFit(true)
        ? List.of(inOrder)
        : List.of(
            inOrder,
            "The ledger "
                + store
                + " was not reached: whether it can hold every name is not known.");
  }

  /**
   * Says what sending some files would do, by the same routes, and sends and changes nothing. Looks
   * into the ledger of a Kiln that runs, or of none, as it is now.
   *
   * @param places its folders; there need not be a ledger yet
   * @param files the files
   * @param source where their leads come from; empty for none
   * @param priority their priority
   * @param dedupe what becomes of leads that are known already, and that what was read before is
   *     read anew; null for neither
   * @param progress is told of the rows of the present file that were read
   * @throws dev.kiln.lead.InvalidConfiguration if a file under config or routes cannot be used
   */
  public static Preview preview(
      Places places,
      List<Path> files,
      String source,
      Priority priority,
      @Nullable DedupeMode dedupe,
      LongConsumer progress)
      throws Exception {
    Path scratch = Files.createTempDirectory("kiln-preview");
    try (App app = start(places.with(scratch), Mode.CHECK)) {
      boolean alone = !DataLock.held(places.data());
      Store store = Settings.store(places);
      if (!Ledger.exists(store)) {
        return app.previewWith(null, alone, files, source, priority, dedupe, progress);
      }
      try (LedgerView ledger = LedgerView.open(store)) {
        alone &= store.embedded() || !ledger.led();
        return app.previewWith(ledger, alone, files, source, priority, dedupe, progress);
      }
    } finally {
      Trees.delete(scratch);
    }
  }

  /**
   * The same by this Kiln, which runs nothing, with another's ledger.
   *
   * @param ledger null for none
   * @param alone whether no Kiln runs on it
   */
  Preview previewWith(
      @Nullable LedgerView ledger,
      boolean alone,
      List<Path> files,
      String source,
      Priority priority,
      @Nullable DedupeMode dedupe,
      LongConsumer progress)
      throws Exception {
    PreviewBean bean = context().getRegistry().lookupByNameAndType("preview", PreviewBean.class);
    PreviewBean.Previewing preview =
        bean.begin(ledger, source, priority, dedupe, alone, Instant.now(), progress);
    startCalledRoutes();
    for (Path file : files) {
      preview(file, preview);
    }
    return preview.preview();
  }

  /**
   * Has this Kiln deliver what it was given, once no other one leads any workspace and none has
   * taken over for as long as a lease lasts. Does nothing where it delivers already.
   */
  public void deliverIfNobodyElseDoes() throws Exception {
    Instant last = othersLead;
    if (last == null) {
      return;
    }
    if (ledger.view().led()) {
      othersLead = ledger.now();
    } else if (!ledger.now().isBefore(last.plus(lease))) {
      othersLead = null;
      LOG.warn("No other Kiln delivers any more, so this one does");
      for (Route route : context().getRoutes()) {
        if (Boolean.TRUE.equals(route.isAutoStartup())) {
          context().getRouteController().startRoute(route.getId());
        }
      }
      delivery.start();
    }
  }

  /** Starts the routes that only other routes call, so that no lead comes or goes by itself. */
  private void startCalledRoutes() throws Exception {
    for (Route route : context().getRoutes()) {
      if (route.getEndpoint().getEndpointUri().startsWith("direct:")) {
        context().getRouteController().startRoute(route.getId());
      }
    }
  }

  private void preview(Path file, PreviewBean.Previewing preview) throws Exception {
    try (ProducerTemplate template = context().createProducerTemplate()) {
      Exception failure =
          template
              .send(
                  "direct:preview",
                  exchange -> {
                    exchange.getMessage().setBody(file.toFile());
                    exchange.setProperty("source", preview.source());
                    exchange.setProperty("preview", preview);
                  })
              .getException();
      if (failure == null) {
        return;
      }
      UnreadableFile unreadable = ObjectHelper.getException(UnreadableFile.class, failure);
      if (unreadable != null) {
        preview.refused(file, String.valueOf(unreadable.getMessage()));
      } else if (ObjectHelper.getException(ReadingStopped.class, failure) != null) {
        preview.refused(
            file,
            file.getFileName() + " changed while it was read: try again once it stands still");
      } else {
        throw failure;
      }
    }
  }

  /** Stops; a second call waits for the first and does nothing. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    StopSteps.all(
        ledger::hurry, intake::stop, delivery::stop, poll::close, poster::close, this::detach);
    CompletableFuture.delayedExecutor(HANG_UP_SECONDS, TimeUnit.SECONDS).execute(clay::hangUp);
    StopSteps.all(
        pace::letGo,
        main::stop,
        spool::sweep,
        delivery::leave,
        duties::close,
        claims::close,
        // As late as can be: Clay does not send a row again that finds nobody.
        StopSteps.closing(results),
        ledger::close,
        lock::close);
  }
}
