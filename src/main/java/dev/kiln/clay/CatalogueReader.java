package dev.kiln.clay;

import dev.kiln.lead.ContentHash;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.lead.NearestWord;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One reading of {@code clay.yaml}. For one thread and one use. */
final class CatalogueReader {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");
  private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]+");

  /** Clay's limit for the life of a webhook, and for the rows of a table. */
  private static final int CLAY_LIMIT = 50_000;

  private static final BigDecimal RATE = BigDecimal.valueOf(8);
  private static final BigDecimal CREDITS_PER_LEAD = BigDecimal.valueOf(6);
  private static final BigDecimal ACTIONS_PER_LEAD = BigDecimal.valueOf(4);
  private static final String WORKSPACE = "main";
  private static final Set<String> AMOUNTS = Set.of("credits", "actions");
  private static final Set<String> SPANS = Set.of("run", "day", "month");
  private static final Duration MISSING_AFTER = Duration.ofHours(24);
  private static final Pattern DURATION =
      Pattern.compile("(?<number>[1-9][0-9]{0,8})(?<unit>ms|s|m|h|d)");
  private static final Map<String, ChronoUnit> UNITS =
      Map.of(
          "ms", ChronoUnit.MILLIS,
          "s", ChronoUnit.SECONDS,
          "m", ChronoUnit.MINUTES,
          "h", ChronoUnit.HOURS,
          "d", ChronoUnit.DAYS);

  /** The field by which an answer of Clay finds its lead; see {@link Table#omitFields()}. */
  private static final String LEAD_ID = "lead_id";

  private final Path file;
  private final Placeholders placeholders;

  /** A webhook met so far, and its line. */
  private record Met(String name, String table, int line) {}

  private final Map<String, Met> names = new HashMap<>();
  private final Map<String, Met> ids = new HashMap<>();
  private final Map<String, Met> clayTables = new HashMap<>();
  private final Map<String, Caps> budgets = new HashMap<>();

  CatalogueReader(Path file, Placeholders placeholders) {
    this.file = file;
    this.placeholders = placeholders;
  }

  Catalogue read() {
    YamlSection root =
        YamlSection.read(file, "\"workspaces\" and \"tables\"")
            .allowing(Set.of("workspaces", "tables", "budgets"));
    Map<String, Workspace> workspaces = new LinkedHashMap<>();
    YamlSection written = root.section("workspaces", "workspaces");
    for (String name : written.keys()) {
      workspaces.put(name, workspace(checked(name, "workspace", written.line(name)), written));
    }
    if (workspaces.isEmpty()) {
      throw root.fault("needs at least one workspace under \"workspaces\"");
    }
    Map<String, Table> tables = new LinkedHashMap<>();
    written = root.section("tables", "tables");
    for (String name : written.keys()) {
      tables.put(
          name, table(checked(name, "table", written.line(name)), written, workspaces.keySet()));
    }
    if (tables.isEmpty()) {
      throw root.fault("needs at least one table under \"tables\"");
    }
    return new Catalogue(workspaces, tables, budgets(root, budgets));
  }

  private static Workspace workspace(String name, YamlSection workspaces) {
    YamlSection section =
        workspaces
            .section(name, "workspace \"" + name + "\"")
            .allowing(Set.of("rate-per-second", "leads-per-hour"));
    BigDecimal rate = section.amount("rate-per-second", RATE);
    if (rate.signum() == 0) {
      throw section
          .text("rate-per-second")
          .orElseThrow()
          .fault("must be above 0; to stop a workspace, pause it");
    }
    return new Workspace(
        name, rate.doubleValue(), section.whole("leads-per-hour", 0, 0, Integer.MAX_VALUE));
  }

  private Table table(String name, YamlSection tables, Set<String> workspaces) {
    YamlSection section =
        tables
            .section(name, "table \"" + name + "\"")
            .allowing(
                Set.of(
                    "workspace",
                    "rate-per-second",
                    "credits-per-lead",
                    "actions-per-lead",
                    "row-cap",
                    "auto-delete",
                    "omit-fields",
                    "trim-fields",
                    "stamps",
                    "constants",
                    "budgets",
                    "results",
                    "missing-after",
                    "webhooks"));
    Caps caps =
        caps(section.section("budgets", "table \"" + name + "\": budgets").allowing(AMOUNTS));
    if (!caps.equals(Caps.NONE)) {
      budgets.put(name, caps);
    }
    boolean autoDelete = section.flag("auto-delete", false);
    return new Table(
        name,
        workspaceOf(section, workspaces),
        section.amount("rate-per-second", BigDecimal.ZERO).doubleValue(),
        section.amount("credits-per-lead", CREDITS_PER_LEAD),
        section.amount("actions-per-lead", ACTIONS_PER_LEAD),
        cap(section, "row-cap", CLAY_LIMIT, autoDelete),
        autoDelete,
        fields(section, "omit-fields", "leave out"),
        fields(section, "trim-fields", "cut"),
        stamps(section),
        constants(section, name),
        missingAfter(section),
        webhooks(section, name, autoDelete));
  }

  private String workspaceOf(YamlSection table, Set<String> workspaces) {
    Optional<YamlText> written = table.text("workspace");
    if (written.isEmpty()) {
      if (!workspaces.contains(WORKSPACE)) {
        throw table.fault(
            "needs the key \"workspace\": there is none called \"main\", the default"
                + NearestWord.hint(WORKSPACE, workspaces));
      }
      return WORKSPACE;
    }
    String name = checked(written.get().text(), "workspace", written.get().line());
    if (!workspaces.contains(name)) {
      throw written
          .get()
          .fault("\"" + name + "\" is not in this file" + NearestWord.hint(name, workspaces));
    }
    return name;
  }

  private static Set<String> fields(YamlSection table, String key, String verb) {
    Set<String> fields = new LinkedHashSet<>();
    for (YamlText field : table.texts(key)) {
      if (field.text().equals(LEAD_ID)) {
        throw field.fault("cannot " + verb + " lead_id: by it an enriched row finds its lead");
      }
      fields.add(field.text());
    }
    return fields;
  }

  private static Set<Stamp> stamps(YamlSection table) {
    Map<String, Stamp> words = new LinkedHashMap<>();
    for (Stamp stamp : Stamp.values()) {
      words.put(stamp.word(), stamp);
    }
    Set<Stamp> stamps = EnumSet.noneOf(Stamp.class);
    for (YamlText written : table.texts("stamps")) {
      Stamp stamp = words.get(written.text());
      if (stamp == null) {
        throw written.fault("is no stamp" + NearestWord.hint(written.text(), words.keySet()));
      }
      stamps.add(stamp);
    }
    return stamps;
  }

  private static Map<String, String> constants(YamlSection table, String name) {
    YamlSection section = table.section("constants", "table \"" + name + "\": constants");
    Map<String, String> constants = new LinkedHashMap<>();
    for (String field : section.keys()) {
      YamlText value = section.anyText(field);
      if (field.equals(LEAD_ID)) {
        throw value.fault("cannot be a constant: by it an enriched row finds its lead");
      }
      constants.put(field, value.text());
    }
    return constants;
  }

  /** How long to wait for rows to come back; null where none are to. */
  private static @Nullable Duration missingAfter(YamlSection table) {
    boolean results = table.flag("results", false);
    Optional<YamlText> written = table.text("missing-after");
    if (!results) {
      if (written.isPresent()) {
        throw written.get().fault("needs results: true beside it: else no row is waited for");
      }
      return null;
    }
    if (written.isEmpty()) {
      return MISSING_AFTER;
    }
    Matcher duration = DURATION.matcher(written.get().text());
    if (!duration.matches()) {
      throw written.get().fault("must be a duration above 0, such as 30m, 24h, 7d");
    }
    return Duration.of(Long.parseLong(duration.group("number")), UNITS.get(duration.group("unit")));
  }

  private List<Webhook> webhooks(YamlSection table, String tableName, boolean autoDelete) {
    List<Webhook> webhooks = new ArrayList<>();
    for (YamlSection item :
        table.sections("webhooks", "a webhook of table \"" + tableName + "\"")) {
      webhooks.add(webhook(item, tableName, autoDelete));
    }
    return webhooks;
  }

  private Webhook webhook(YamlSection unnamed, String tableName, boolean autoDelete) {
    unnamed.allowing(Set.of("name", "url", "token", "cap", "used", "clay-table"));
    YamlText written =
        unnamed.text("name").orElseThrow(() -> unnamed.fault("needs the key \"name\""));
    String name = checked(written.text(), "webhook", written.line());
    YamlSection section = unnamed.named("webhook \"" + name + "\"");
    Met met = new Met(name, tableName, written.line());
    Met other = names.putIfAbsent(name, met);
    if (other != null) {
      throw section.fault("has a name that line " + other.line() + " already uses; rename one");
    }

    YamlText place = section.text("url").orElseThrow(() -> section.fault("needs the key \"url\""));
    Optional<String> secretUrl = placeholders.resolve(place, "URL");
    String url = secretUrl.orElseGet(() -> place.text().strip());
    boolean loopback = isLoopback(place, url);
    if (secretUrl.isEmpty() && !loopback) {
      throw toSecret(place, "url", name + "-url");
    }
    String id = ContentHash.sha256(url);
    Met sameUrl = ids.putIfAbsent(id, met);
    if (sameUrl != null) {
      throw place.fault(
          "is also the URL of webhook \""
              + sameUrl.name()
              + "\" on line "
              + sameUrl.line()
              + "; every webhook needs its own");
    }

    return new Webhook(
        name,
        tableName,
        id,
        new Secret(url),
        section.text("token").map(token -> token(token, name, loopback)).orElse(null),
        cap(section, "cap", Webhook.DEFAULT_CAP, autoDelete),
        section.whole("used", 0, 0, Integer.MAX_VALUE),
        clayTable(section, met));
  }

  private Secret token(YamlText place, String webhook, boolean loopback) {
    Optional<String> secret = placeholders.resolve(place, "token");
    if (secret.isEmpty() && !loopback) {
      throw toSecret(place, "token", webhook + "-token");
    }
    String token = secret.orElseGet(() -> place.text().strip());
    if (!TOKEN.matcher(token).matches()) {
      throw place.fault("must be one word of plain ASCII, as Clay shows it");
    }
    return new Secret(token);
  }

  private InvalidConfiguration toSecret(YamlText place, String key, String secretName) {
    return place.fault(
        "is a secret and must not stand in this file: move it to the file "
            + placeholders.file(secretName)
            + " and write "
            + key
            + ": \"{{secret:"
            + secretName
            + "}}\"");
  }

  private String clayTable(YamlSection webhook, Met met) {
    Optional<YamlText> written = webhook.text("clay-table");
    int line = written.map(YamlText::line).orElse(met.line());
    String clayTable =
        written.map(text -> checked(text.text(), "Clay table", line)).orElse(met.name());
    Met other = clayTables.putIfAbsent(clayTable, new Met(met.name(), met.table(), line));
    if (other != null && !other.table().equals(met.table())) {
      throw new InvalidConfiguration(
          file,
          line,
          "webhook \""
              + met.name()
              + "\": Clay table \""
              + clayTable
              + "\" belongs to table \""
              + other.table()
              + "\" (webhook \""
              + other.name()
              + "\", line "
              + other.line()
              + "); name another with clay-table");
    }
    return clayTable;
  }

  /** Whether the URL leads to this very computer. Refuses what may not carry a lead. */
  private static boolean isLoopback(YamlText place, String url) {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw place.fault("is not a valid URL");
    }
    boolean loopback = uri.getHost() != null && Loopback.is(uri.getHost());
    boolean https = "https".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null;
    boolean localHttp = "http".equalsIgnoreCase(uri.getScheme()) && loopback;
    if (!https && !localHttp) {
      throw place.fault(
          "must begin with https://; http:// is for this computer only (localhost, 127.0.0.1)");
    }
    return loopback;
  }

  private static Budgets budgets(YamlSection root, Map<String, Caps> tables) {
    YamlSection section =
        root.section("budgets", "budgets")
            .allowing(Set.of("timezone", "month-starts-on", "credits", "actions"));
    Budgets none = Budgets.none();
    return new Budgets(
        section.text("timezone").map(CatalogueReader::zone).orElse(none.timezone()),
        section.whole("month-starts-on", none.monthStartsOn(), 1, 28),
        caps(section),
        tables);
  }

  private static Caps caps(YamlSection budgets) {
    YamlSection credits = budgets.section("credits", budgets.name() + ": credits").allowing(SPANS);
    YamlSection actions = budgets.section("actions", budgets.name() + ": actions").allowing(SPANS);
    return new Caps(
        credits.amount("run", BigDecimal.ZERO),
        credits.amount("day", BigDecimal.ZERO),
        credits.amount("month", BigDecimal.ZERO),
        actions.amount("run", BigDecimal.ZERO),
        actions.amount("day", BigDecimal.ZERO),
        actions.amount("month", BigDecimal.ZERO));
  }

  private static ZoneId zone(YamlText written) {
    try {
      return ZoneId.of(written.text());
    } catch (DateTimeException e) {
      String hint = NearestWord.hint(written.text(), new TreeSet<>(ZoneId.getAvailableZoneIds()));
      throw written.fault(
          "is no time zone"
              + (hint.startsWith("; valid") ? "; write UTC or one like Europe/Berlin" : hint));
    }
  }

  private static int cap(YamlSection section, String key, int absent, boolean autoDelete) {
    int cap = section.whole(key, absent, 1, Integer.MAX_VALUE);
    if (cap > CLAY_LIMIT && !autoDelete) {
      throw section
          .text(key)
          .orElseThrow()
          .fault("must be at most 50000, Clay's own limit, unless the table has auto-delete: true");
    }
    return cap;
  }

  /** The name, if it is one. A message does not show what may be a secret in the wrong place. */
  private String checked(String name, String kind, int line) {
    if (!NAME.matcher(name).matches()) {
      throw new InvalidConfiguration(
          file,
          line,
          "the name of a "
              + kind
              + " must be lower-case letters, digits and \"-\", at most 63, and not begin with \"-\"");
    }
    return name;
  }
}
