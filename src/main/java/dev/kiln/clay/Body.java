package dev.kiln.clay;

import dev.kiln.lead.Lead;
import dev.kiln.ledger.Due;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The row that travels to Clay. Its key set depends on the run and the table alone. */
final class Body {
  private static final Pattern SEPARATORS = Pattern.compile("[\\s._-]");

  private Body() {}

  static Map<String, @Nullable Object> of(Table table, Due lead) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("lead_id", lead.leadId());
    body.put("run_id", lead.run());
    body.put("source", lead.source().isEmpty() ? null : lead.source());
    body.put("possible_duplicate", lead.possibleDuplicate());
    Map<String, Object> fields = Lead.parse(lead.payload());
    if (!table.omitFields().isEmpty()) {
      Set<String> omitted =
          table.omitFields().stream().map(Body::folded).collect(Collectors.toUnmodifiableSet());
      fields.keySet().removeIf(key -> omitted.contains(folded(key)));
    }
    body.putAll(fields);
    body.putAll(table.constants());
    return body;
  }

  /** Field names are compared without case, blanks, dots, hyphens and underscores. */
  private static String folded(String name) {
    return SEPARATORS.matcher(name.toLowerCase(Locale.ROOT)).replaceAll("");
  }
}
