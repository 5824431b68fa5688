package dev.kiln;

import dev.kiln.clay.Delivery;
import dev.kiln.clay.Placeholders;
import dev.kiln.lead.Broken;
import dev.kiln.lead.Columns;
import dev.kiln.lead.Framer;
import dev.kiln.lead.Hygiene;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.Limits;
import dev.kiln.lead.RecordBatch;
import dev.kiln.lead.UnreadableFile;
import dev.kiln.ledger.Batch;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.util.ObjectHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bean {@code messages}: from a message of a broker to leads in the ledger, through the route
 * {@code batch}. A message is one transaction, with the key by which it is known again; all
 * messages of a source, a priority and a day (UTC) are one run. Thread-safe.
 */
final class Messages {
  private static final Logger LOG = LoggerFactory.getLogger(Messages.class);

  /** The longest message that is read, in characters: it is read at once. */
  static final int LONGEST = 4_000_000;

  private static final Duration AFTER_LEDGER = Duration.ofSeconds(1);
  private static final Duration AFTER_FAILURE = Duration.ofSeconds(5);

  /** A message that is given back comes again at once, and brokers count how often. */
  private static final Duration BEFORE_GIVING_BACK = Duration.ofSeconds(5);

  /** The run of a day takes messages for so much longer than the day lasts. */
  private static final Duration BELATED = Duration.ofHours(1);

  /**
   * A message.
   *
   * @param key the key by which it is known again; null without one
   * @param text what it holds; null where that is no text
   */
  record Message(@Nullable String key, @Nullable String text) {
    /** Without the lead in it. */
    @Override
    public String toString() {
      return "Message[" + key + "]";
    }
  }

  /** What is wrong with the way to a broker; empty while nothing is. */
  private record Broker(Supplier<String> fault, String told) {}

  private final Duties duties;
  private final Ledger ledger;
  private final Intake intake;
  private final Delivery delivery;
  private final DedupeMode dedupe;
  private final Placeholders placeholders;
  private final Supplier<CamelContext> context;
  private final Limits limits;
  private final Map<String, Run> runs = new ConcurrentHashMap<>();
  private final Map<String, Broker> brokers = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition time = lock.newCondition();
  private volatile @Nullable ProducerTemplate routes;

  /**
   * Messages into a ledger.
   *
   * @param duties knows whether this node closes the runs of days that are over
   * @param ledger where leads go
   * @param intake the steps from a batch to the ledger
   * @param delivery is told when the ledger cannot be used
   * @param dedupe what becomes of leads that are known already
   * @param placeholders knows the secrets
   * @param context has the routes
   */
  Messages(
      Duties duties,
      Ledger ledger,
      Intake intake,
      Delivery delivery,
      DedupeMode dedupe,
      Placeholders placeholders,
      Supplier<CamelContext> context) {
    this.duties = duties;
    this.ledger = ledger;
    this.intake = intake;
    this.delivery = delivery;
    this.dedupe = dedupe;
    this.placeholders = placeholders;
    this.context = context;
    Limits each = Limits.defaults();
    this.limits =
        new Limits(
            Integer.MAX_VALUE,
            Integer.MAX_VALUE,
            each.maxRecordChars(),
            each.maxRecordLines(),
            each.maxColumns(),
            each.excerptChars());
  }

  /**
   * What the file of a secret holds, read anew.
   *
   * @param route the route that needs it
   * @param holds what it is, for a person
   * @throws InvalidConfiguration if it is not there
   */
  String revealed(String route, String secret, String holds) {
    return HttpPeer.revealed(
        secret, holds, placeholders, fault -> new InvalidConfiguration(Path.of(route), fault));
  }

  /**
   * Stores a message, and returns when it is durable, for as long as that takes: what is not the
   * message's own fault is waited for. A message that holds no lead is stored as a rejected row,
   * and one that was stored before is left alone.
   *
   * @throws ReadingStopped if it could not be stored and has to be given back: Kiln stops, or
   *     routes change
   */
  void take(Exchange exchange, String source, Priority priority, Message message)
      throws InterruptedException {
    while (true) {
      Duration pause = AFTER_FAILURE;
      try {
        if (stored(source, priority, message)) {
          return;
        }
        pause = AFTER_LEDGER;
      } catch (LedgerUnavailable unavailable) {
        if (unavailable.ofContent()) {
          LOG.error("Source {}: a message waits: {}", source, unavailable.getMessage());
        } else {
          delivery.standStill(unavailable);
          pause = AFTER_LEDGER;
        }
      } catch (RuntimeException failure) {
        LOG.error("Source {}: a message waits, since a route failed", source, failure);
      }
      boolean giveBack = intake.interrupted();
      pass(giveBack ? BEFORE_GIVING_BACK : pause);
      if (giveBack && intake.interrupted()) {
        // It is no failure, which Camel would log as an error.
        exchange.setRollbackOnly(true);
        throw new ReadingStopped(
            "A message of source "
                + source
                + " stays with its broker, since Kiln stops or its routes change",
            true);
      }
    }
  }

  private void pass(Duration pause) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      for (long left = pause.toNanos(); left > 0; ) {
        left = time.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Stores a message; false where nothing may be read at present. */
  private boolean stored(String source, Priority priority, Message message)
      throws InterruptedException {
    String reader = "messages " + priority.word() + " " + source;
    if (!intake.readers().take(reader)) {
      return false;
    }
    try {
      if (message.key == null || !ledger.took(message.key)) {
        Run run = run(reader, source, priority);
        runs.remove(reader);
        runs.put(reader, store(run, message));
      } else {
        LOG.debug("Source {}: a message came again and was stored before", source);
      }
      return true;
    } finally {
      intake.readers().giveBack(reader);
    }
  }

  /** The run of today. */
  private Run run(String reader, String source, Priority priority) {
    Run known = runs.get(reader);
    return known != null && Ledger.takesMessages(known, ledger.now())
        ? known
        : ledger.openMessages(source, priority, dedupe);
  }

  /** The run behind the message; as it was where another Kiln has stored it meanwhile. */
  private Run store(Run run, Message message) {
    Columns[] columns = {Columns.of(List.of(), intake.hygiene())};
    RecordBatch batch = framed(message, columns).behind(run.checkpoint(), run.skipped());
    Intake.Reading reading = Intake.Reading.ofMessage(run, columns[0], message.key);
    Exchange sent =
        routes()
            .send(
                "direct:batch?block=false",
                exchange -> {
                  exchange.getMessage().setBody(batch);
                  exchange.setProperty("source", run.source());
                  exchange.setProperty("priority", run.priority().word());
                  exchange.setProperty("run", reading);
                });
    Exception failure = sent.getException();
    if (failure != null) {
      LedgerUnavailable unavailable = ObjectHelper.getException(LedgerUnavailable.class, failure);
      throw unavailable == null ? new IllegalStateException(failure) : unavailable;
    }
    try {
      reading.mustBeStored();
    } catch (UnreadableFile impossible) {
      throw new IllegalStateException("A message is no file", impossible);
    }
    if (!reading.handedIn(batch.last())) {
      throw new IllegalStateException(
          "The routes ended before the message came to the step store-batch.");
    }
    if (reading.storedBefore()) {
      return run;
    }
    return run.behind(
        new Batch(batch.first(), batch.last(), batch.readTotal(), batch.skippedTotal(), List.of()));
  }

  private ProducerTemplate routes() {
    ProducerTemplate made = routes;
    if (made == null) {
      made = context.get().createProducerTemplate();
      routes = made;
    }
    return made;
  }

  /** The records of a message; one that is broken, where it has none. */
  private RecordBatch framed(Message message, Columns[] columns) {
    String text = message.text;
    if (text == null) {
      return broken("the message is no text: it is not read, whatever it holds", "");
    }
    if (text.length() > LONGEST) {
      return broken(
          "the message has more than " + LONGEST + " characters: send it in parts, or as a file",
          kept(text.substring(0, limits.excerptChars())));
    }
    Hygiene hygiene = intake.hygiene();
    try (Framer framer = Framer.ofText("the message", text, limits, hygiene)) {
      columns[0] = Columns.of(framer.header(), hygiene);
      return framer.next();
    } catch (IOException | RuntimeException unreadable) {
      columns[0] = Columns.of(List.of(), hygiene);
      return broken(String.valueOf(unreadable.getMessage()), kept(text));
    }
  }

  /** A text whose columns nobody knows; nothing where one of them may be blocked. */
  private String kept(String text) {
    return intake.hygiene().mentions(text) ? "" : text;
  }

  private static RecordBatch broken(String reason, String text) {
    return new RecordBatch(
        1, 1, "", List.of(), List.of(), List.of(new Broken(1, 1, reason, text)), 1, 0);
  }

  // ---- Runs of days that are over ----

  /**
   * The runs of days that are over, to be closed; none while the ledger cannot be read, or where
   * another node closes them.
   */
  public List<Intake.Reading> over() {
    try {
      if (!duties.mine("intake-messages")) {
        return List.of();
      }
      return ledger.messagesBefore(ledger.now().minus(BELATED)).stream()
          .map(Intake.Reading::ofMessages)
          .toList();
    } catch (LedgerUnavailable unavailable) {
      LOG.debug("No run of messages is closed: {}", unavailable.getMessage());
      return List.of();
    }
  }

  /** Closes a run, once its rejected rows are written. */
  public void close(@ExchangeProperty("run") Intake.Reading reading) {
    Run run = reading.run();
    ledger.finish(run.id(), run.read(), run.skipped(), reading.rejects());
    LOG.info("Run {}: {} rows of messages read", run.id(), run.read());
  }

  // ---- Brokers ----

  /**
   * Knows the way to a broker from now on.
   *
   * @param route the route that reads from it
   * @param fault tells what is wrong with it, with the cure; empty while nothing is
   */
  void watch(String route, Supplier<String> fault) {
    brokers.merge(route, new Broker(fault, ""), (known, now) -> new Broker(now.fault, known.told));
  }

  /** What is wrong with the brokers that routes read from, each with its cure. */
  List<String> faults() {
    List<String> faults = new ArrayList<>();
    brokers.forEach(
        (route, broker) -> {
          String fault = context.get().getRoute(route) == null ? "" : broker.fault.get();
          if (!fault.isEmpty()) {
            faults.add("Route " + route + ": " + fault);
          }
        });
    return faults;
  }

  /** Tells the log, once each, which brokers cannot be reached any more, and which can again. */
  public void look() {
    brokers.forEach(
        (route, broker) -> {
          String fault = context.get().getRoute(route) == null ? "" : broker.fault.get();
          if (fault.isEmpty() && !broker.told.isEmpty()) {
            LOG.info("Route {}: its broker is there again", route);
          } else if (!fault.isEmpty() && broker.told.isEmpty()) {
            LOG.warn("Route {}: {}", route, fault);
          }
          brokers.replace(route, broker, new Broker(broker.fault, fault));
        });
  }
}
