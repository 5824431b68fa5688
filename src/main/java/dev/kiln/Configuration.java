package dev.kiln;

import dev.kiln.clay.Catalogue;
import dev.kiln.clay.Placeholders;
import dev.kiln.lead.Hygiene;
import dev.kiln.lead.Industries;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.Mail;
import dev.kiln.lead.MailDomains;
import dev.kiln.ledger.Store;
import dev.kiln.plan.Prices;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * All that stands under {@code config/} and {@code routes/}, read and checked one against the
 * other.
 *
 * @param settings the numbers
 * @param catalogue workspaces, tables, webhooks, budgets
 * @param hygiene what is dropped, refused and noticed at intake
 * @param placeholders the secrets that it names
 * @param routes the route files
 */
record Configuration(
    Settings settings,
    Catalogue catalogue,
    Hygiene hygiene,
    Placeholders placeholders,
    RouteFiles routes) {
  /**
   * Reads and checks everything that can be checked without starting Camel.
   *
   * @throws dev.kiln.lead.InvalidConfiguration at the first fault
   */
  static Configuration read(Places places) {
    places.check();
    Settings settings = Settings.read(places.config());
    Catalogue catalogue = Catalogue.read(places.clayYaml(), places.secrets(), System.getenv());
    Hygiene hygiene =
        Hygiene.of(Industries.load(places.industries()))
            .withMail(mailDomains(places, settings), settings.refusedMail())
            .withBlocked(settings.blocked());
    Placeholders placeholders = new Placeholders(places.secrets(), System.getenv());
    settings.mustHaveSecrets(placeholders);
    Store unusedHere = settings.ledger(places);
    RouteFiles routes = RouteFiles.read(places.routes());
    routes.mustAgreeWith(catalogue, places.clayYaml());
    PeerRoutes peers = new PeerRoutes(routes.templated());
    peers.pollsMustBeWhole(placeholders);
    peers.alertsMustBeWhole(placeholders);
    peers.targetsMustBeWhole(placeholders);
    peers.brokersMustBeWhole(placeholders, Configuration::isThere);
    if (Files.exists(places.prices())) {
      Prices unusedThere = Prices.read(places.prices());
    }
    return new Configuration(settings, catalogue, hygiene, placeholders, routes);
  }

  /** Whether a class is on the class path. */
  private static boolean isThere(String name) {
    try {
      Class<?> unused = Class.forName(name, false, Configuration.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException missing) {
      return false;
    }
  }

  /** A list that is not there lists nothing, unless something is to be refused by it. */
  private static MailDomains mailDomains(Places places, Settings settings) {
    for (Mail mail : settings.refusedMail()) {
      Path list = places.mailDomains(mail);
      if (!Files.exists(list)) {
        throw new InvalidConfiguration(
            list,
            "is missing, and kiln.mail."
                + mail.word()
                + " = reject needs it; write one domain a line");
      }
    }
    return MailDomains.load(places.mailDomains(Mail.PERSONAL), places.mailDomains(Mail.DISPOSABLE));
  }
}
