package dev.kiln;

import static dev.kiln.RunningKiln.leads;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.kiln.clay.Secret;
import dev.kiln.clay.Webhook;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.WaitReason;
import dev.kiln.simulate.Fault;
import dev.kiln.simulate.SimulatedWebhook;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Stream;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.camel.Exchange;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.slf4j.LoggerFactory;

/** T8: whoever has a webhook's URL can write to its table, so it shows nowhere. */
@ResourceLock(RunningKiln.MANAGED)
final class SecretsTest {
  private static final String SECRET = "7c1f-very-secret";
  private static final String TOKEN = "t0ken-very-secret";
  private static final String LEAD = "lead1@firm1.example";

  private final Path folder;

  SecretsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Keeps every log line of every logger that is not capped. */
  static final class Kept extends AppenderBase<ILoggingEvent> {
    final Queue<String> lines = new ConcurrentLinkedQueue<>();

    /** The lines of a logger, and of those below it, while something is done. */
    static List<String> of(String name, Callable<?> done) throws Exception {
      return new Kept().lines(name, done);
    }

    private List<String> lines(String name, Callable<?> done) throws Exception {
      Logger logger = (Logger) LoggerFactory.getLogger(name);
      setContext(logger.getLoggerContext());
      start();
      logger.addAppender(this);
      try {
        done.call();
        return List.copyOf(lines);
      } finally {
        logger.detachAppender(this);
      }
    }

    /** The same, and some line has these words before it ends. */
    static List<String> of(String name, String awaited, Callable<?> done) throws Exception {
      Kept kept = new Kept();
      return kept.lines(
          name,
          () -> {
            done.call();
            RunningKiln.soon()
                .until(() -> kept.lines.stream().anyMatch(line -> line.contains(awaited)));
            return true;
          });
    }

    @Override
    protected void append(ILoggingEvent event) {
      lines.add(
          event.getLoggerName()
              + " "
              + event.getFormattedMessage()
              + " "
              + (event.getThrowableProxy() == null
                  ? ""
                  : ThrowableProxyUtil.asString(event.getThrowableProxy())));
    }
  }

  /** Keeps the properties of every exchange that ends or is sent somewhere. */
  private static final class Properties extends EventNotifierSupport {
    private final Set<String> seen = new ConcurrentSkipListSet<>();

    @Override
    public void notify(CamelEvent event) {
      if (event instanceof CamelEvent.ExchangeEvent of) {
        Exchange exchange = of.getExchange();
        exchange.getAllProperties().forEach((name, value) -> seen.add(name + "=" + value));
        exchange
            .getMessage()
            .getHeaders()
            .forEach((name, value) -> seen.add("header " + name + "=" + value));
      }
      seen.add(event.toString());
    }
  }

  @Test
  @DisplayName("T8: no URL, token or lead in logs at DEBUG, endpoints, JMX or exchange properties")
  void secretsShowNowhere() throws Exception {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    Logger kilns = (Logger) LoggerFactory.getLogger("dev.kiln");
    Level rootLevel = root.getLevel();
    Level kilnsLevel = kilns.getLevel();
    Kept kept = new Kept();
    kept.setContext(root.getLoggerContext());
    kept.start();
    Properties properties = new Properties();
    try (RunningKiln kiln = new RunningKiln(folder)) {
      kiln.inClayYaml(
              "{{webhook:tech-1}}\" }",
              "{{webhook:tech-1}}-" + SECRET + "\", token: " + TOKEN + " }")
          .inClayYaml("{{webhook:finance-1}}", "{{webhook:finance-1}}-" + SECRET)
          .inClayYaml("{{webhook:events-1}}", "{{webhook:events-1}}-" + SECRET);
      kiln.clay().define(SimulatedWebhook.of("hook-tech-1-" + SECRET).withToken(TOKEN));
      kiln.clay()
          .faults(
              Fault.status(503).withNext(2).withWebhook("hook-tech-1-" + SECRET),
              Fault.of(Fault.Kind.RESET_BEFORE_STORE)
                  .withNext(1)
                  .withWebhook("hook-finance-1-" + SECRET),
              Fault.status(404).withWebhook("hook-events-1-" + SECRET));
      root.addAppender(kept);
      root.setLevel(Level.DEBUG);
      kilns.setLevel(Level.DEBUG);
      kiln.start();
      kiln.context().getManagementStrategy().addEventNotifier(properties);
      kiln.drop("normal/tech.csv", leads(1, 3, "Computer Software"));
      kiln.drop("normal/finance.csv", leads(1, 2, "Banking"));
      kiln.drop("normal/events/fair.csv", leads(1, 2, "Banking"));
      assertThat(kiln.settled("tech.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 3L));
      assertThat(kiln.settled("finance.csv").states()).isEqualTo(Map.of(LeadState.ACCEPTED, 2L));
      kiln.parked(RunningKiln.EVENTS, WaitReason.REFUSING);

      List<String> endpoints =
          kiln.context().getEndpoints().stream().map(Object::toString).toList();
      assertThat(endpoints).anyMatch(endpoint -> endpoint.contains("clay://tech-1"));
      assertThat(showing(endpoints, SECRET, TOKEN, LEAD)).as("endpoints").isEmpty();
      List<String> beans = jmx();
      assertThat(beans).hasSizeGreaterThan(100);
      assertThat(showing(beans, SECRET, TOKEN, LEAD)).as("JMX").isEmpty();
      assertThat(properties.seen).anyMatch(property -> property.startsWith("sending="));
      assertThat(showing(properties.seen, SECRET, TOKEN)).as("properties").isEmpty();
      assertThat(kiln.snapshot().toString()).doesNotContain(SECRET, TOKEN, LEAD);
      kiln.stop();
      assertThat(kept.lines).hasSizeGreaterThan(100);
      assertThat(showing(kept.lines, SECRET, TOKEN, LEAD)).as("log lines").isEmpty();
    } finally {
      root.setLevel(rootLevel);
      kilns.setLevel(kilnsLevel);
      root.detachAppender(kept);
    }
  }

  @Test
  @DisplayName("T8: the hidden endpoint has the whole URL, but not in its name")
  void hiddenEndpointHasTheUrl() throws Exception {
    String url = "https://api.clay.example/v3/sources/webhook/" + SECRET + "?key=" + TOKEN;
    Webhook webhook =
        new Webhook("tech-1", RunningKiln.TECH, "id", new Secret(url), null, 1, 0, "tech-1");
    try (RunningKiln kiln = new RunningKiln(folder)) {
      kiln.start(App.Mode.CHECK);
      HttpEndpoint target =
          kiln.context().getComponent("clay", ClayComponent.class).endpoint(webhook);
      assertThat(target.getHttpUri()).hasToString(url);
      assertThat(target.isThrowExceptionOnFailure()).isFalse();
      assertThat(target.getEndpointUri()).contains("tech-1").doesNotContain(SECRET, TOKEN);
      assertThat(target.getEndpointBaseUri()).doesNotContain(SECRET, TOKEN);
      assertThat(target).asString().doesNotContain(SECRET, TOKEN);
    }
  }

  static List<String> showing(Collection<String> texts, String... secrets) {
    return texts.stream().filter(text -> Stream.of(secrets).anyMatch(text::contains)).toList();
  }

  /** Every name and every readable attribute of Camel's MBeans. */
  static List<String> jmx() throws JMException {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    Queue<String> facts = new ConcurrentLinkedQueue<>();
    for (ObjectName name : server.queryNames(new ObjectName("org.apache.camel:*"), null)) {
      facts.add(name.toString());
      for (MBeanAttributeInfo attribute : attributes(server, name)) {
        try {
          facts.add(
              name
                  + " "
                  + attribute.getName()
                  + "="
                  + server.getAttribute(name, attribute.getName()));
        } catch (JMException | RuntimeException unreadable) {
          facts.add(name + " " + attribute.getName() + " is not readable");
        }
      }
    }
    return List.copyOf(facts);
  }

  /** Those of an MBean; none where it is gone by now. */
  private static MBeanAttributeInfo[] attributes(MBeanServer server, ObjectName name)
      throws JMException {
    try {
      return server.getMBeanInfo(name).getAttributes();
    } catch (InstanceNotFoundException gone) {
      return new MBeanAttributeInfo[0];
    }
  }
}
