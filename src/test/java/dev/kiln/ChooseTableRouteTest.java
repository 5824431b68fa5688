package dev.kiln;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.camel.Exchange;
import org.apache.camel.main.MainConfigurationProperties;
import org.apache.camel.test.main.junit5.CamelMainTestSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The shipped router alone, in Camel's own test support: which table a lead goes to. */
final class ChooseTableRouteTest extends CamelMainTestSupport {
  @Override
  protected void configure(MainConfigurationProperties configuration) {
    configuration.withRoutesIncludePattern("file:routes/choose-table" + RouteFiles.SUFFIX);
  }

  @ParameterizedTest(name = "source \"{0}\", sector \"{1}\" -> {2}")
  @DisplayName("Content-Based Router: by source first, else by sector, else the default table")
  @CsvSource({
    "'', tech, outbound-leads-tech",
    "'', finance, outbound-leads-finance",
    "'', health, outbound-leads-tech",
    "'', '', outbound-leads-tech",
    "inbound, finance, inbound-leads",
    "inbound, '', inbound-leads",
    "events, finance, event-attendees",
    "events, tech, event-attendees",
    "elsewhere, finance, outbound-leads-finance",
    "Inbound, tech, outbound-leads-tech",
  })
  void choosesTheTable(String source, String sector, String table) {
    Exchange routed =
        template.send(
            "direct:choose-table",
            exchange -> {
              exchange.setProperty("source", source);
              exchange.setProperty("sector", sector);
            });
    assertThat(routed.getException()).isNull();
    assertThat(routed.getProperty("table")).isEqualTo(table);
  }
}
