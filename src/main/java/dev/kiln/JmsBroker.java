package dev.kiln;

import jakarta.jms.Connection;
import jakarta.jms.ConnectionFactory;
import jakarta.jms.JMSContext;
import jakarta.jms.JMSException;
import jakarta.jms.JMSSecurityException;
import jakarta.jms.Message;
import jakarta.jms.TextMessage;
import java.util.Objects;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.component.jms.JmsMessage;
import org.jspecify.annotations.Nullable;

/**
 * The way to a JMS broker for one route of the template {@code intake-jms}: URL, user and password
 * are secrets, read anew with each connection, and never part of an endpoint. Needs the jars of
 * camel-jms and of the broker's client. Thread-safe once its properties are set.
 */
public final class JmsBroker implements ConnectionFactory, CamelContextAware {
  private static final String DOWN =
      "its JMS broker cannot be reached (%s); messages stay there, and Kiln tries again every 5 s:"
          + " start the broker, or look at the files of config/secrets that the route names";

  private final BrokerRoute route = new BrokerRoute("intake-jms");
  private String factory = "";
  private String url = "";
  private String user = HttpPeer.NONE;
  private String password = HttpPeer.NONE;
  private volatile String fault = "";
  private @Nullable ConnectionFactory client;
  private String clientOf = "";

  /** A way without properties. */
  public JmsBroker() {}

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

  /** The class of the client's connection factory; its constructor takes the URL. */
  public void setFactory(String factory) {
    this.factory = factory;
  }

  /** The file under config/secrets that holds the URL. */
  public void setUrl(String url) {
    this.url = url;
  }

  /** The file under config/secrets that holds the user, or none. */
  public void setUser(String user) {
    this.user = user;
  }

  /** The file under config/secrets that holds the password, or none. */
  public void setPassword(String password) {
    this.password = password;
  }

  /**
   * Stores a message and returns when it is durable; then its session may commit.
   *
   * @throws JMSException if the message cannot be asked for what it holds
   */
  public void take(Exchange exchange) throws JMSException, InterruptedException {
    Message message = Objects.requireNonNull(exchange.getMessage(JmsMessage.class).getJmsMessage());
    String id = message.getJMSMessageID();
    // Whatever is no text stays unread: to read an object would run its classes.
    route.take(
        exchange,
        new Messages.Message(
            id == null ? null : route.key(id),
            message instanceof TextMessage text
                ? Objects.requireNonNullElse(text.getText(), "")
                : null));
  }

  @Override
  public Connection createConnection() throws JMSException {
    Messages messages = route.messages();
    messages.watch(route.id(), () -> fault);
    try {
      Connection connection =
          user.equals(HttpPeer.NONE)
              ? client(messages).createConnection()
              : client(messages)
                  .createConnection(
                      messages.revealed(route.id(), user, "the user"),
                      messages.revealed(route.id(), password, "the user's password"));
      fault = "";
      return connection;
    } catch (JMSSecurityException refused) {
      fault = DOWN.formatted("it refuses the user or the password");
      throw refused;
    } catch (JMSException | RuntimeException failure) {
      // Its message may hold the URL.
      fault = DOWN.formatted(failure.getClass().getSimpleName());
      throw failure;
    }
  }

  private synchronized ConnectionFactory client(Messages messages) throws JMSException {
    String wanted = messages.revealed(route.id(), url, "the broker's URL");
    ConnectionFactory made = client;
    if (made == null || !wanted.equals(clientOf)) {
      try {
        made =
            (ConnectionFactory)
                route
                    .context()
                    .getClassResolver()
                    .resolveMandatoryClass(factory)
                    .getConstructor(String.class)
                    .newInstance(wanted);
      } catch (ReflectiveOperationException | ClassCastException unusable) {
        JMSException failure = new JMSException("The client cannot be made of " + factory);
        failure.initCause(unusable);
        throw failure;
      }
      client = made;
      clientOf = wanted;
    }
    return made;
  }

  @Override
  public Connection createConnection(String user, String password) throws JMSException {
    return createConnection();
  }

  @Override
  public JMSContext createContext() {
    throw new UnsupportedOperationException("connections only");
  }

  @Override
  public JMSContext createContext(String user, String password) {
    return createContext();
  }

  @Override
  public JMSContext createContext(String user, String password, int sessionMode) {
    return createContext();
  }

  @Override
  public JMSContext createContext(int sessionMode) {
    return createContext();
  }
}
