package dev.kiln;

import dev.kiln.clay.Catalogue;
import dev.kiln.lead.Industries;

/**
 * All that stands under {@code config/}, read and checked against the routes.
 *
 * @param settings the numbers
 * @param catalogue workspaces, tables, webhooks, budgets
 * @param industries industry names and their sectors
 */
record Configuration(Settings settings, Catalogue catalogue, Industries industries) {
  /**
   * Reads and checks everything that can be checked without starting Camel.
   *
   * @throws dev.kiln.lead.InvalidConfiguration at the first fault
   */
  static Configuration read(Places places) {
    places.check();
    Settings settings = Settings.read(places.config());
    Catalogue catalogue = Catalogue.read(places.clayYaml(), places.secrets(), System.getenv());
    Industries industries = Industries.load(places.industries());
    RouteFiles.read(places.routes()).mustAgreeWith(catalogue, places.clayYaml());
    return new Configuration(settings, catalogue, industries);
  }
}
