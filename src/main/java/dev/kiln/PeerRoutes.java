package dev.kiln;

import dev.kiln.clay.Placeholders;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.Priority;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The routes made from Kiln's own templates that talk with another system: what each needs to find
 * it, and to be let in.
 */
final class PeerRoutes {
  /** The connection factory of the template {@code intake-jms}, unless another is named. */
  private static final String ARTEMIS =
      "org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory";

  /** The name of a target of results, which is part of a URI. */
  private static final Pattern TARGET = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  /** From 1 to 10000: all of a page is in memory at once. */
  private static final Pattern ROWS = Pattern.compile("[1-9]\\d{0,3}|10000");

  private final List<TemplatedRoute> routes;

  PeerRoutes(TemplatedRoutes routes) {
    this.routes = routes.all();
  }

  /**
   * Checks the routes that poll a source.
   *
   * @throws InvalidConfiguration naming what is wrong with one, or the secret that it needs
   */
  void pollsMustBeWhole(Placeholders placeholders) {
    for (TemplatedRoute route : routes) {
      if (route.template().equals("intake-poll")) {
        String source = source(route);
        Function<String, InvalidConfiguration> fault = faultOf(route, source);
        Poll.Source unused = Poll.Source.of(source, route.parameters(), placeholders, fault);
        String every = route.parameter("every", "");
        if (!every.contains("{{") && Settings.durationOf(every).isEmpty()) {
          throw fault.apply("has every, which " + Settings.noDuration(every));
        }
      }
    }
  }

  /** The source of an intake, which is part of the ids of its route and steps. */
  private static String source(TemplatedRoute route) {
    String source = route.parameter("source", "");
    if (source.isEmpty() || SourceName.of(source).filter(source::equals).isEmpty()) {
      throw route.fault(
          "parameter source is \"" + source + "\"; it must be the name of a source, in lower case");
    }
    route.mustBeCalled(route.template() + "-" + source, source + "-");
    return source;
  }

  private static Function<String, InvalidConfiguration> faultOf(
      TemplatedRoute route, String source) {
    return wrong -> route.fault("source " + source + " " + wrong);
  }

  /**
   * Checks the routes that read from a broker.
   *
   * @param there whether a class is on the class path
   * @throws InvalidConfiguration naming what is wrong with one, the secret that it needs, or what
   *     is missing in extra/
   */
  void brokersMustBeWhole(Placeholders placeholders, Predicate<String> there) {
    for (TemplatedRoute route : routes) {
      if (route.template().equals("intake-jms")) {
        Function<String, InvalidConfiguration> fault = faultOf(route, source(route));
        mustBeThere("camel-jms", "org.apache.camel.component.jms.JmsComponent", there, fault);
        String factory = route.parameter("factory", ARTEMIS);
        if (!there.test(factory)) {
          throw fault.apply(
              "needs the class "
                  + factory
                  + ", which is not there: put the jars of the broker's JMS client into extra/ beside the"
                  + " launcher, and start Kiln again");
        }
        priority(route, fault);
        mustHaveSecret(route, "url", "the broker's URL", placeholders, fault);
        if (!route.parameter("user", HttpPeer.NONE).equals(HttpPeer.NONE)) {
          mustHaveSecret(route, "user", "the user", placeholders, fault);
          mustHaveSecret(route, "password", "the user's password", placeholders, fault);
        }
      } else if (route.template().equals("intake-kafka")) {
        Function<String, InvalidConfiguration> fault = faultOf(route, source(route));
        mustBeThere("camel-kafka", "org.apache.camel.component.kafka.KafkaComponent", there, fault);
        priority(route, fault);
        String held =
            mustHaveSecret(route, "client", "the client's properties", placeholders, fault);
        if (KafkaProperties.of(held).getProperty(KafkaProperties.SERVERS, "").isBlank()) {
          throw fault.apply(
              "has client properties without "
                  + KafkaProperties.SERVERS
                  + ": add the line "
                  + KafkaProperties.SERVERS
                  + "=host:9092 to the file "
                  + placeholders.file(route.parameter("client", "")));
        }
      }
    }
  }

  private static void mustBeThere(
      String jar,
      String type,
      Predicate<String> there,
      Function<String, InvalidConfiguration> fault) {
    if (!there.test(type)) {
      throw fault.apply(
          "needs "
              + jar
              + ", which is not part of Kiln: unpack kiln-<version>-brokers.tar.gz over Kiln's folder, so that"
              + " its jars are in extra/ beside the launcher, and start Kiln again");
    }
  }

  private static void priority(TemplatedRoute route, Function<String, InvalidConfiguration> fault) {
    try {
      Priority unused = Priority.of(route.parameter("priority", Priority.NORMAL.word()));
    } catch (IllegalArgumentException unknown) {
      throw fault.apply("has a parameter priority that is none; valid: high, normal, low");
    }
  }

  private static String mustHaveSecret(
      TemplatedRoute route,
      String parameter,
      String holds,
      Placeholders placeholders,
      Function<String, InvalidConfiguration> fault) {
    return HttpPeer.revealed(route.parameter(parameter, ""), holds, placeholders, fault);
  }

  /**
   * Checks the route that posts alerts.
   *
   * @throws InvalidConfiguration naming what is wrong with it, or the secret that it needs
   */
  void alertsMustBeWhole(Placeholders placeholders) {
    for (TemplatedRoute route : routes) {
      if (route.template().equals("alert")) {
        route.mustBeCalled("alert", "alert-");
        Function<String, InvalidConfiguration> fault = wrong -> route.fault("route alert " + wrong);
        HttpPeer unused =
            HttpPeer.of(
                HttpPeer.revealed(route.parameter("url", ""), "its URL", placeholders, fault),
                fault);
      }
    }
  }

  /**
   * Checks the routes that hand rows which came back to another system.
   *
   * @throws InvalidConfiguration naming what is wrong with one, or the secret that it needs
   */
  void targetsMustBeWhole(Placeholders placeholders) {
    for (TemplatedRoute route : routes) {
      Function<String, InvalidConfiguration> fault =
          wrong -> route.fault("target " + route.parameter("target", "") + " " + wrong);
      if (route.template().equals("onward")) {
        onwardMustBeWhole(route);
      } else if (route.template().equals("enriched-http")) {
        HttpPeer unused =
            HttpPeer.of(
                route.parameter("url", ""),
                route.parameter("header", HttpPeer.AUTHORIZATION),
                route.parameter("secret", HttpPeer.NONE),
                placeholders,
                fault);
      } else if (route.template().equals("enriched-jdbc")) {
        String unused =
            mustHaveSecret(route, "url", "the URL of its database", placeholders, fault);
        if (!route.parameter("password", HttpPeer.NONE).equals(HttpPeer.NONE)) {
          String unusedHere =
              mustHaveSecret(
                  route, "password", "the password of its database", placeholders, fault);
        }
      }
    }
  }

  private static void onwardMustBeWhole(TemplatedRoute route) {
    String target = route.parameter("target", "");
    if (!TARGET.matcher(target).matches()) {
      throw route.fault(
          "parameter target is \""
              + target
              + "\"; it must be the name of a target: up to 100 letters, digits and . _ - only");
    }
    route.mustBeCalled("onward-" + target, "onward-" + target + "-");
    String rows = route.parameter("rows", "1");
    if (!rows.contains("{{") && !ROWS.matcher(rows).matches()) {
      throw route.fault(
          "parameter rows is \""
              + rows
              + "\"; it must be a whole number from 1 to 10000, the rows handed over at once");
    }
  }
}
