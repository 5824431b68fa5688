package dev.kiln.clay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.lead.Lead;
import dev.kiln.ledger.Due;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The row that travels to Clay. Its key set depends on the run and the table alone. */
final class Body {
  private static final Pattern SEPARATORS = Pattern.compile("[\\s._-]");

  private static final Pattern FURTHER = Pattern.compile("_\\d+$|_in_file$");

  /** What a row should be at most: Clay refuses more than 100,000 bytes. */
  static final int TARGET_BYTES = 90_000;

  private static final String ELLIPSIS = "\u2026";
  private static final ObjectMapper JSON = new ObjectMapper();

  private Body() {}

  /**
   * The row of a lead.
   *
   * @param stamps the values of the stamps that the table wants
   */
  static Map<String, @Nullable Object> of(Table table, Due lead, Map<Stamp, String> stamps) {
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("lead_id", lead.leadId());
    body.put("run_id", lead.run());
    body.put("source", lead.source().isEmpty() ? null : lead.source());
    body.put("possible_duplicate", lead.possibleDuplicate());
    Map<String, Object> fields = Lead.parse(lead.payload());
    if (!table.omitFields().isEmpty()) {
      Set<String> omitted =
          table.omitFields().stream().map(Body::folded).collect(Collectors.toUnmodifiableSet());
      fields.keySet().removeIf(key -> isOmitted(key, omitted));
    }
    body.putAll(fields);
    for (Stamp stamp : Stamp.values()) {
      if (table.stamps().contains(stamp)) {
        body.put(stamp.field(), stamps.get(stamp));
      }
    }
    body.putAll(table.constants());
    return body;
  }

  /**
   * Whether a field is one of these, or a further column of one's header ({@code phone_2}), or part
   * of a JSON object of that name, or has that name within one.
   */
  private static boolean isOmitted(String key, Set<String> omitted) {
    if (omitted.contains(folded(key))
        || omitted.contains(folded(FURTHER.matcher(key).replaceFirst("")))) {
      return true;
    }
    return key.indexOf('.') >= 0
        && Stream.of(key.split("\\.", -1)).map(Body::folded).anyMatch(omitted::contains);
  }

  /**
   * The values of all stamps of a lead.
   *
   * @param webhook the name of its webhook
   * @param batch the first record of its batch; asked only where the table wants it
   */
  static Map<Stamp, String> stamps(Table table, Due lead, String webhook, LongSupplier batch) {
    Map<Stamp, String> stamps = new EnumMap<>(Stamp.class);
    stamps.put(Stamp.WEBHOOK, webhook);
    if (table.stamps().contains(Stamp.BATCH)) {
      stamps.put(Stamp.BATCH, lead.run() + "-b" + batch.getAsLong());
    }
    return stamps;
  }

  /**
   * Cuts the table's {@code trim-fields}, in their order, until the row has its size, or they are
   * empty.
   *
   * @return the fields that were cut
   */
  static List<String> fit(Table table, Map<String, @Nullable Object> body) {
    List<String> cut = new ArrayList<>();
    if (table.trimFields().isEmpty()) {
      return cut;
    }
    long over = size(body) - TARGET_BYTES;
    for (String trimmed : table.trimFields()) {
      for (Map.Entry<String, @Nullable Object> field : body.entrySet()) {
        if (over > 0
            && folded(field.getKey()).equals(folded(trimmed))
            && field.getValue() instanceof String text
            && !text.isEmpty()) {
          long before = size(text);
          String shorter = cut(text, before - over);
          field.setValue(shorter);
          over -= before - size(shorter);
          cut.add(field.getKey());
        }
      }
    }
    return cut;
  }

  /** The beginning of a text, with an ellipsis, that has a size in JSON; empty where none has. */
  private static String cut(String text, long bytes) {
    int from = 0;
    int to = text.length();
    while (from < to) {
      int middle = (from + to + 1) / 2;
      if (size(text.substring(0, middle) + ELLIPSIS) <= bytes) {
        from = middle;
      } else {
        to = middle - 1;
      }
    }
    if (from > 0 && Character.isHighSurrogate(text.charAt(from - 1))) {
      from--;
    }
    return from == 0 ? "" : text.substring(0, from) + ELLIPSIS;
  }

  private static long size(Object json) {
    try {
      return JSON.writeValueAsBytes(json).length;
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("texts and numbers are always JSON", impossible);
    }
  }

  /** Field names are compared without case, blanks, dots, hyphens and underscores. */
  private static String folded(String name) {
    return SEPARATORS.matcher(name.toLowerCase(Locale.ROOT)).replaceAll("");
  }
}
