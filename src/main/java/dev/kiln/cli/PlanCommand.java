package dev.kiln.cli;

import dev.kiln.Places;
import dev.kiln.clay.Catalogue;
import dev.kiln.ledger.LedgerView;
import dev.kiln.ledger.LedgerView.Snapshot;
import dev.kiln.plan.Plan;
import dev.kiln.plan.Planner;
import dev.kiln.plan.Prices;
import dev.kiln.plan.Question;
import dev.kiln.plan.Shares;
import dev.kiln.status.PlanJson;
import dev.kiln.status.PlanText;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code kiln plan}: what so many leads take. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description =
        "Says what so many leads a month take: hours, webhooks, tables, Data Credits, Actions, and the Clay plan that"
            + " fits. Needs no webhook and no leads yet; sends nothing.")
final class PlanCommand implements Callable<Integer> {
  private static final long MOST_LEADS = 1_000_000_000;
  private static final int MOST_MONTHS = 120;
  private static final int DECIMALS = 6;
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);
  private static final BigDecimal MOST_RATE = BigDecimal.valueOf(1_000);
  private static final BigDecimal MOST_PER_LEAD = BigDecimal.valueOf(1_000_000);

  @Mixin private PlacesOptions options;

  @Option(
      names = "--leads",
      required = true,
      paramLabel = "N",
      converter = Whole.class,
      description = "Leads a month.")
  private long leads;

  @Option(
      names = "--months",
      paramLabel = "M",
      defaultValue = "1",
      converter = Whole.class,
      description = "Says what so many months take, too (default: ${DEFAULT-VALUE}).")
  private long months;

  @Option(
      names = "--rate",
      paramLabel = "R",
      converter = Amount.class,
      description = "Leads a second of every workspace (default: as in clay.yaml).")
  private @Nullable BigDecimal rate;

  @Option(
      names = "--credits-per-lead",
      paramLabel = "C",
      converter = Amount.class,
      description = "Data Credits a lead in every table (default: as in clay.yaml).")
  private @Nullable BigDecimal creditsPerLead;

  @Option(
      names = "--actions-per-lead",
      paramLabel = "A",
      converter = Amount.class,
      description = "Actions a lead in every table (default: as in clay.yaml).")
  private @Nullable BigDecimal actionsPerLead;

  @Option(names = "--own-keys", description = "API keys of your own: leads take no Data Credits.")
  private boolean ownKeys;

  @Option(
      names = "--retry-share",
      paramLabel = "PERCENT",
      defaultValue = "0",
      converter = Amount.class,
      description =
          "Leads sent again because nobody knows whether they arrived (default: ${DEFAULT-VALUE}).")
  private BigDecimal retryShare = BigDecimal.ZERO;

  @Option(
      names = "--share",
      paramLabel = "TABLE=PERCENT",
      description =
          "Leads of one table, in percent; once for each table. The rest, or all without it, goes as the newest leads"
              + " in the ledger went; where there are none, to the first table in clay.yaml.")
  private @Nullable Map<String, String> shares;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    System.setProperty("kiln.log", "WARN");
    Question question = question();
    Places places = options.places();
    Catalogue catalogue = Catalogue.readWithoutSecrets(places.clayYaml(), places.secrets());
    Prices prices = Prices.read(places.prices());
    Snapshot ledger = options.read(LedgerView::snapshot, Snapshot.EMPTY);
    Plan plan = new Planner(catalogue, ledger, prices).plan(question, shares(catalogue, ledger));
    spec.commandLine()
        .getOut()
        .println(json ? PlanJson.of(plan) : PlanText.of(plan).stripTrailing());
    return 0;
  }

  private Question question() {
    if (leads < 1 || leads > MOST_LEADS) {
      throw wrong("--leads is from 1 to " + MOST_LEADS);
    }
    if (months < 1 || months > MOST_MONTHS) {
      throw wrong("--months is from 1 to " + MOST_MONTHS);
    }
    if (rate != null && (rate.signum() <= 0 || rate.compareTo(MOST_RATE) > 0)) {
      throw wrong("--rate is above 0 and at most " + MOST_RATE);
    }
    range("--credits-per-lead", creditsPerLead, MOST_PER_LEAD);
    range("--actions-per-lead", actionsPerLead, MOST_PER_LEAD);
    range("--retry-share", retryShare, HUNDRED);
    if (ownKeys && creditsPerLead != null) {
      throw wrong("--own-keys takes no Data Credits; leave out --credits-per-lead, or --own-keys");
    }
    return new Question(
        leads,
        (int) months,
        retryShare,
        rate,
        ownKeys ? BigDecimal.ZERO : creditsPerLead,
        actionsPerLead,
        false,
        true);
  }

  private void range(String option, @Nullable BigDecimal value, BigDecimal most) {
    if (value != null && (value.signum() < 0 || value.compareTo(most) > 0)) {
      throw wrong(option + " is from 0 to " + most);
    }
  }

  private Shares shares(Catalogue catalogue, Snapshot ledger) {
    Map<String, BigDecimal> given = new LinkedHashMap<>();
    try {
      if (shares != null) {
        shares.forEach((table, percent) -> given.put(table, Amount.of(percent)));
      }
      return Shares.of(catalogue, ledger, given);
    } catch (TypeConversionException | IllegalArgumentException unusable) {
      throw wrong("--share: " + unusable.getMessage());
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** A whole number, with a message for people. */
  static final class Whole implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      try {
        return Long.valueOf(text);
      } catch (NumberFormatException e) {
        throw new TypeConversionException(
            "\"" + text + "\" is no whole number; write one such as 50000");
      }
    }
  }

  /** A decimal number, with a message for people. */
  static final class Amount implements ITypeConverter<BigDecimal> {
    @Override
    public BigDecimal convert(String text) {
      return of(text);
    }

    static BigDecimal of(String text) {
      try {
        BigDecimal amount = new BigDecimal(text);
        if (amount.scale() <= DECIMALS && amount.precision() - amount.scale() <= 12) {
          return amount;
        }
      } catch (NumberFormatException e) {
        // Falls through to the one message for everything that is no such number.
      }
      throw new TypeConversionException(
          "\"" + text + "\" is no number with at most six decimals; write one such as 2.5");
    }
  }
}
