package dev.kiln.plan;

import dev.kiln.clay.YamlSection;
import dev.kiln.clay.YamlText;
import dev.kiln.lead.InvalidConfiguration;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code config/prices.yaml} says: Clay's plans as of one day. Immutable.
 *
 * @param asOf the day
 * @param plans in the order of the file, the cheapest first; at least one
 */
public record Prices(LocalDate asOf, List<ClayPlan> plans) {
  private static final int ROWS_PER_TABLE = 50_000;

  /** Copies the list. */
  public Prices {
    plans = List.copyOf(plans);
  }

  /**
   * One of Clay's plans.
   *
   * @param name its name, as Clay writes it
   * @param usdAMonth its price in US dollars a month, from 0; null where it is agreed by contract,
   *     and then so are its Data Credits and Actions, from those given here
   * @param dataCredits Data Credits in a month, from 0; more can be bought
   * @param actions Actions in a month, from 0
   * @param webhooks whether leads can come in through webhooks; default false
   * @param autoDelete whether tables can delete their rows themselves; default false
   * @param rowsPerTable rows that a table holds, from 1; default 50000
   */
  public record ClayPlan(
      String name,
      @Nullable BigDecimal usdAMonth,
      long dataCredits,
      long actions,
      boolean webhooks,
      boolean autoDelete,
      int rowsPerTable) {
    /** Whether its price and what it includes are agreed by contract. */
    public boolean byContract() {
      return usdAMonth == null;
    }
  }

  /**
   * Reads the file.
   *
   * @param pricesYaml the file, UTF-8
   * @throws InvalidConfiguration at the first fault, with its line and the nearest valid word
   */
  public static Prices read(Path pricesYaml) {
    YamlSection root =
        YamlSection.read(pricesYaml, "\"as-of\" and \"plans\"").allowing(Set.of("as-of", "plans"));
    LocalDate asOf = date(needed(root, "as-of"));
    List<ClayPlan> plans = new ArrayList<>();
    YamlSection written = root.section("plans", "plans");
    for (String name : written.keys()) {
      plans.add(plan(name, written.section(name, "plan \"" + name + "\"")));
    }
    if (plans.isEmpty()) {
      throw root.fault("needs at least one plan under \"plans\"");
    }
    return new Prices(asOf, plans);
  }

  private static ClayPlan plan(String name, YamlSection section) {
    section.allowing(
        Set.of(
            "usd-a-month", "data-credits", "actions", "webhooks", "auto-delete", "rows-per-table"));
    return new ClayPlan(
        name,
        section.text("usd-a-month").isEmpty()
            ? null
            : section.amount("usd-a-month", BigDecimal.ZERO),
        amount(section, "data-credits"),
        amount(section, "actions"),
        section.flag("webhooks", false),
        section.flag("auto-delete", false),
        section.whole("rows-per-table", ROWS_PER_TABLE, 1, Integer.MAX_VALUE));
  }

  private static long amount(YamlSection section, String key) {
    needed(section, key);
    return section.whole(key, 0, 0, Integer.MAX_VALUE);
  }

  private static YamlText needed(YamlSection section, String key) {
    return section.text(key).orElseThrow(() -> section.fault("needs the key \"" + key + "\""));
  }

  private static LocalDate date(YamlText written) {
    try {
      return LocalDate.parse(written.text());
    } catch (DateTimeException e) {
      throw written.fault("must be a day of the form 2026-03-11");
    }
  }
}
