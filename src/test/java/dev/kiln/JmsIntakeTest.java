package dev.kiln;

import static dev.kiln.RunningKiln.INBOUND;
import static dev.kiln.RunningKiln.soon;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.LedgerView.RunAccount;
import jakarta.jms.BytesMessage;
import jakarta.jms.Connection;
import jakarta.jms.JMSException;
import jakarta.jms.MessageProducer;
import jakarta.jms.Session;
import jakarta.jms.TextMessage;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.activemq.artemis.api.core.ActiveMQException;
import org.apache.activemq.artemis.api.core.Interceptor;
import org.apache.activemq.artemis.api.core.RoutingType;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.CoreAddressConfiguration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.config.impl.SecurityConfiguration;
import org.apache.activemq.artemis.core.protocol.core.impl.PacketImpl;
import org.apache.activemq.artemis.core.security.Role;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;
import org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory;
import org.apache.activemq.artemis.spi.core.security.ActiveMQJAASSecurityManager;
import org.apache.activemq.artemis.spi.core.security.jaas.InVMLoginModule;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Leads from a queue: the shipped template, against a real broker in the test's own process. */
@ResourceLock(RunningKiln.MANAGED)
final class JmsIntakeTest {
  private static final String QUEUE = "leads";
  private static final String USER = "kiln-user";
  private static final String PASSWORD = "p4ssword-of-the-broker";

  /** Would tell of itself if anybody read it. */
  private static final AtomicBoolean DESERIALISED = new AtomicBoolean();

  private static final class Hostile implements Serializable {
    private static final long serialVersionUID = 1L;

    private Object readResolve() {
      DESERIALISED.set(true);
      return this;
    }
  }

  private Path folder;
  private int port;
  private @Nullable EmbeddedActiveMQ broker;
  private RunningKiln kiln;

  @BeforeEach
  void prepare(@TempDir Path folder) throws Exception {
    this.folder = folder;
    port = FreePort.find();
    kiln = new RunningKiln(folder);
    Path secrets = Files.createDirectories(kiln.places().secrets());
    // A commit follows what it acknowledges: cut off between the two, Artemis may keep a message
    // from everybody.
    Files.writeString(
        secrets.resolve("jms-url"), "tcp://127.0.0.1:" + port + "?blockOnAcknowledge=true\n");
    Files.writeString(secrets.resolve("jms-user"), USER + "\n");
    Files.writeString(secrets.resolve("jms-password"), PASSWORD + "\n");
    kiln.inRoutes(
        "intake-jms.camel.yaml",
        "- routeTemplate:\n",
        """
        - templatedRoute:
            routeTemplateRef: intake-jms
            routeId: intake-jms-inbound
            prefixId: "inbound-"
            parameters:
              - name: source
                value: inbound
              - name: queue
                value: leads
              - name: url
                value: jms-url
              - name: user
                value: jms-user
              - name: password
                value: jms-password
              - name: priority
                value: high
        - routeTemplate:
        """);
  }

  @AfterEach
  void close() throws Exception {
    kiln.close();
    if (broker != null) {
      broker.stop();
    }
  }

  private void startBroker() throws Exception {
    SecurityConfiguration users = new SecurityConfiguration();
    users.addUser(USER, PASSWORD);
    users.addRole(USER, "all");
    users.setDefaultUser(USER);
    Path data = folder.resolve("broker");
    Configuration configuration =
        new ConfigurationImpl()
            .setJournalType(JournalType.NIO)
            .setJournalDirectory(data.resolve("journal").toString())
            .setBindingsDirectory(data.resolve("bindings").toString())
            .setLargeMessagesDirectory(data.resolve("large").toString())
            .setPagingDirectory(data.resolve("paging").toString())
            .setNodeManagerLockDirectory(data.resolve("lock").toString())
            .setJournalFileSize(1 << 20)
            .setJournalMinFiles(2)
            .setSecurityEnabled(true)
            .setJMXManagementEnabled(false)
            .addAcceptorConfiguration("tcp", "tcp://127.0.0.1:" + port)
            .addAddressConfiguration(
                new CoreAddressConfiguration().setName(QUEUE).addRoutingType(RoutingType.ANYCAST));
    configuration.putSecurityRoles(
        "#",
        new HashSet<>(
            List.of(
                new Role(
                    "all", true, true, true, true, true, true, true, true, true, true, true,
                    true))));
    EmbeddedActiveMQ started = new EmbeddedActiveMQ();
    started.setConfiguration(configuration);
    started.setSecurityManager(
        new ActiveMQJAASSecurityManager(InVMLoginModule.class.getName(), users));
    started.start();
    broker = started;
  }

  /** Makes a message. */
  @FunctionalInterface
  private interface Making {
    jakarta.jms.Message in(Session session) throws JMSException;
  }

  private void send(Making... messages) throws JMSException {
    try (ActiveMQConnectionFactory client =
            new ActiveMQConnectionFactory("tcp://127.0.0.1:" + port, USER, PASSWORD);
        Connection connection = client.createConnection();
        Session session = connection.createSession(false, Session.AUTO_ACKNOWLEDGE)) {
      MessageProducer producer = session.createProducer(session.createQueue(QUEUE));
      for (Making message : messages) {
        producer.send(message.in(session));
      }
    }
  }

  private static Making text(String text) {
    return session -> session.createTextMessage(text);
  }

  private static String lead(int number) {
    return "{\"email\": \"lead" + number + "@firm.example\", \"company\": {\"name\": \"Firm\"}}";
  }

  private EmbeddedActiveMQ broker() {
    return Objects.requireNonNull(broker, "start it first");
  }

  private long waiting() {
    return broker().getActiveMQServer().locateQueue(QUEUE).getMessageCount();
  }

  private void allAcknowledged() {
    soon().untilAsserted(() -> assertThat(waiting()).isZero());
  }

  private RunAccount onlyRun() {
    assertThat(kiln.snapshot().runs()).hasSize(1);
    return kiln.snapshot().runs().get(0);
  }

  private List<String> rejections() {
    return kiln.ledgerLines().stream()
        .filter(line -> line.state() == LeadState.REJECTED)
        .map(LeadLine::reason)
        .sorted()
        .toList();
  }

  private String faults() {
    return String.join(
        "; ", Stream.concat(kiln.notReady().stream(), kiln.notes().stream()).toList());
  }

  @Test
  @DisplayName(
      "each lead of the messages is in the ledger once and delivered; poison is rejected with its"
          + " reason and acknowledged, an object never read, headers have no effect; one run a day")
  void eachLeadOnce() throws Exception {
    startBroker();
    kiln.start();
    send(
        text(lead(1)),
        session -> session.createObjectMessage(new Hostile()),
        text("email,first_name\nlead2@firm.example,Ada\nlead3@firm.example,Bea\nnobody,Cee\n"),
        session -> {
          BytesMessage bytes = session.createBytesMessage();
          bytes.writeBytes(lead(9).getBytes(StandardCharsets.UTF_8));
          return bytes;
        },
        text(lead(1)),
        text("{\"email\": \"lead9@firm.example\""),
        text(""),
        text("[" + lead(4) + ", {\"phone\": \"1\", \"city\": \"=Paris\"}]"),
        session -> {
          TextMessage hostile = session.createTextMessage(lead(5));
          hostile.setStringProperty("CamelHttpUri", "http://127.0.0.1:1/");
          hostile.setStringProperty("CamelBeanMethodName", "close");
          hostile.setStringProperty("CamelFileName", "../../elsewhere");
          hostile.setStringProperty("source", "events");
          hostile.setJMSReplyTo(session.createQueue("replies"));
          return hostile;
        });
    allAcknowledged();
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 5);
    assertThat(kiln.stored("inbound-1"))
        .hasSize(5)
        .allMatch(row -> row.contains("source=inbound") || row.contains("\"source\":\"inbound\""));
    assertThat(DESERIALISED).isFalse();
    assertThat(broker().getActiveMQServer().locateQueue("replies")).isNull();
    assertThat(rejections())
        .hasSize(6)
        .anyMatch(reason -> reason.contains("is not an e-mail address"))
        .anyMatch(reason -> reason.contains("nothing identifies the lead"))
        .anyMatch(reason -> reason.contains("the message is empty"))
        .anyMatch(reason -> reason.contains("JSON objects that are no leads"));
    assertThat(rejections()).filteredOn(reason -> reason.contains("is no text")).hasSize(2);
    RunAccount run = onlyRun();
    assertThat(run.source()).isEqualTo("inbound");
    assertThat(run.read()).isEqualTo(12);
    assertThat(run.states())
        .containsEntry(LeadState.ACCEPTED, 5L)
        .containsEntry(LeadState.DUPLICATE, 1L)
        .containsEntry(LeadState.REJECTED, 6L);
    assertThat(faults()).isEmpty();
  }

  @Test
  @DisplayName(
      "a message whose acknowledgement is lost comes again and is stored once; while the ledger is"
          + " locked none is acknowledged, and all goes on by itself")
  void storedOnceWhateverIsLost() throws Exception {
    startBroker();
    AtomicInteger rows = new AtomicInteger();
    Interceptor lost =
        (packet, connection) -> {
          // A receiver that got nothing for a second commits too: their number tells nothing.
          if (packet.getType() == PacketImpl.SESS_COMMIT
              && rows.get() == 0
              && kiln.ledgerLines().size() == 2) {
            rows.set(2);
            connection.fail(new ActiveMQException("the wire was cut"));
            return false;
          }
          return true;
        };
    broker().getActiveMQServer().getRemotingService().addIncomingInterceptor(lost);
    // Without it the same lead in the same message would be told by its key alone.
    kiln.set("kiln.dedupe.mode", "force").start();
    send(text(lead(1)), text(lead(2)), text(lead(3)));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 3);
    allAcknowledged();
    assertThat(rows).as("rows in the ledger when the acknowledgement was lost").hasValue(2);
    assertThat(kiln.ledgerLines()).hasSize(3);
    assertThat(onlyRun().read()).isEqualTo(3);

    try (java.sql.Connection other =
            DriverManager.getConnection("jdbc:sqlite:" + kiln.data().resolve(Ledger.FILE));
        Statement lock = other.createStatement()) {
      lock.execute("PRAGMA busy_timeout = 10000");
      lock.execute("BEGIN IMMEDIATE");
      send(text(lead(4)), text(lead(5)));
      soon().untilAsserted(() -> assertThat(faults()).contains("keeps it locked"));
      assertThat(waiting()).isEqualTo(2);
      lock.execute("ROLLBACK");
    }
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 5);
    allAcknowledged();
    assertThat(kiln.ledgerLines()).hasSize(5);
    assertThat(kiln.stored("inbound-1")).hasSize(5);
  }

  @Test
  @DisplayName(
      "a broker that is down, at the start and later, is named by health, holds up nobody else,"
          + " and is read from again by itself; no secret is in an endpoint")
  void theBrokerIsDown() throws Exception {
    kiln.start();
    soon()
        .untilAsserted(
            () ->
                assertThat(faults())
                    .contains("Route intake-jms-inbound: its JMS broker cannot be reached"));
    kiln.drop("normal/inbound/leads.csv", RunningKiln.leads(1, 3, "Software"));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 3);

    startBroker();
    send(text(lead(11)));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 4);
    assertThat(faults()).isEmpty();

    broker().stop();
    soon().untilAsserted(() -> assertThat(faults()).contains("cannot be reached"));
    startBroker();
    send(text(lead(12)));
    kiln.reaches(INBOUND, LeadState.ACCEPTED, 5);
    soon().untilAsserted(() -> assertThat(faults()).isEmpty());
    assertThat(kiln.context().getEndpoints().toString()).doesNotContain(PASSWORD, USER, ":" + port);
  }
}
