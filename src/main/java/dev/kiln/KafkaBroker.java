package dev.kiln;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.DefaultKafkaClientFactory;
import org.apache.camel.component.kafka.KafkaConfiguration;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.kafka.consumer.KafkaManualCommit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.jspecify.annotations.Nullable;

/**
 * The way to a Kafka cluster for one route of the template {@code intake-kafka}. What its client
 * needs, from {@code bootstrap.servers} to passwords, is one secret, read anew with each client,
 * and never part of an endpoint. Needs the jar of camel-kafka. Thread-safe once its properties are
 * set.
 */
public final class KafkaBroker extends DefaultKafkaClientFactory implements CamelContextAware {
  private static final String DOWN =
      "no broker of its Kafka cluster can be reached; records stay there, and the client goes on"
          + " trying: start the cluster, or look at the file of config/secrets that the route names";

  /** What the route says, and not the file: without these a record could be lost. */
  private static final Set<String> OWN =
      Set.of(
          ConsumerConfig.GROUP_ID_CONFIG,
          ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
          ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
          ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG);

  private final BrokerRoute route = new BrokerRoute("intake-kafka");
  private String client = "";
  private volatile @Nullable Consumer<?, ?> consumer;

  /** A way without properties. */
  public KafkaBroker() {}

  @Override
  public void setCamelContext(CamelContext context) {
    route.in(context);
  }

  @Override
  public CamelContext getCamelContext() {
    return route.context();
  }

  /** The source of the leads. */
  public void setSource(String source) {
    route.source(source);
  }

  /** The priority of the leads: high, normal or low. */
  public void setPriority(String priority) {
    route.priority(priority);
  }

  /** The file under config/secrets that holds the client's properties. */
  public void setClient(String client) {
    this.client = client;
  }

  /**
   * Stores a record and returns when it is durable; of the last record of a poll the offset is
   * committed then.
   */
  public void take(Exchange exchange) throws InterruptedException {
    Message record = exchange.getMessage();
    String key =
        route.key(
            String.valueOf(record.getHeader(KafkaConstants.TOPIC)),
            String.valueOf(record.getHeader(KafkaConstants.PARTITION)),
            String.valueOf(record.getHeader(KafkaConstants.OFFSET)),
            // A topic that was made anew counts from 0 again.
            String.valueOf(record.getHeader(KafkaConstants.TIMESTAMP)));
    route.take(exchange, new Messages.Message(key, text(record.getBody(byte[].class))));
    if (Boolean.TRUE.equals(record.getHeader(KafkaConstants.LAST_RECORD_BEFORE_COMMIT))) {
      Objects.requireNonNull(
              record.getHeader(KafkaConstants.MANUAL_COMMIT, KafkaManualCommit.class))
          .commit();
    }
  }

  /** The text of a value; empty without one, null where it is no UTF-8. */
  static @Nullable String text(byte @Nullable [] value) {
    try {
      return value == null
          ? ""
          : StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
    } catch (CharacterCodingException notText) {
      return null;
    }
  }

  @Override
  public String getBrokers(KafkaConfiguration configuration) {
    return properties().getProperty(KafkaProperties.SERVERS);
  }

  @Override
  public Consumer<?, ?> getConsumer(Properties given) {
    Properties all = new Properties();
    all.putAll(given);
    properties()
        .forEach(
            (name, value) -> {
              if (!OWN.contains(name)) {
                all.put(name, value);
              }
            });
    Consumer<?, ?> made = super.getConsumer(all);
    consumer = made;
    return made;
  }

  private Properties properties() {
    Messages messages = route.messages();
    messages.watch(route.id(), this::fault);
    return KafkaProperties.of(messages.revealed(route.id(), client, "the client's properties"));
  }

  private String fault() {
    Consumer<?, ?> asked = consumer;
    boolean connected =
        asked != null
            && asked.metrics().entrySet().stream()
                .filter(metric -> metric.getKey().name().equals("connection-count"))
                .anyMatch(
                    metric ->
                        metric.getValue().metricValue() instanceof Number count
                            && count.doubleValue() > 0);
    return connected ? "" : DOWN;
  }
}
