package dev.kiln.lead;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One row of a file: a person to be enriched. Immutable.
 *
 * @param record its number among the data records of the file, from 1
 * @param line the line where it begins, from 1
 * @param fields its values in the order of {@link Columns#keys()}, which are all present; null is
 *     empty; unmodifiable; personal data
 * @param sector the sector of its industry, or the empty string when the industry is unknown
 * @param mail what kind of mailbox its e-mail address is, as {@link Mail#word}
 * @param key the dedupe key ({@link LeadKey}); null when rejected
 * @param content what identifies its fields whatever their order ({@link ContentHash#of(Map)});
 *     empty when rejected
 * @param problem why it is rejected; null when it is valid
 * @param notices what a person should know of it
 * @param original of a rejected row what it was: first the text of a broken record (else empty),
 *     then its cells without the blocked ones; empty when it is valid; personal data
 */
public record Lead(
    long record,
    long line,
    Map<String, @Nullable String> fields,
    String sector,
    String mail,
    @Nullable String key,
    String content,
    @Nullable Problem problem,
    List<Notice> notices,
    List<String> original) {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final ObjectReader READER =
      new ObjectMapper(FACTORY)
          .readerFor(new TypeReference<LinkedHashMap<String, Object>>() {})
          .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final ObjectReader ORIGINALS =
      new ObjectMapper(FACTORY).readerFor(new TypeReference<List<String>>() {});

  /** Copies the collections. */
  public Lead {
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    notices = List.copyOf(notices);
    original = List.copyOf(original);
  }

  /** A valid lead of which there is nothing to notice. */
  public Lead(
      long record,
      long line,
      Map<String, @Nullable String> fields,
      String sector,
      String mail,
      String key) {
    this(
        record,
        line,
        fields,
        sector,
        mail,
        key,
        ContentHash.of(fields),
        null,
        List.of(),
        List.of());
  }

  /** Whether the row cannot be sent. */
  public boolean rejected() {
    return problem != null;
  }

  /**
   * The same lead of a run whose rows have no header in common: behind the text of a broken record,
   * {@link #original} has each filled cell after its name, the second of a name after {@code
   * <name>_2} or the next number that is none of the names.
   *
   * @param names the headers of the cells ({@link Columns#original()})
   */
  public Lead named(List<String> names) {
    if (original.size() < 2) {
      return this;
    }
    Set<String> met = new HashSet<>();
    Set<String> taken = new HashSet<>(names);
    List<String> pairs = new ArrayList<>();
    pairs.add(original.get(0));
    for (int i = 1; i < original.size(); i++) {
      if (!original.get(i).isEmpty()) {
        String name = names.get(i - 1);
        pairs.add(met.add(name) ? name : Columns.numbered(name, taken));
        pairs.add(original.get(i));
      }
    }
    return new Lead(record, line, fields, sector, mail, key, content, problem, notices, pairs);
  }

  /**
   * What the ledger keeps of it. Of a valid lead the fields as one compact JSON object, in order,
   * nulls included; of a rejected one {@link #original} as an array.
   */
  public String json() {
    StringBuilder out = new StringBuilder(512);
    if (rejected()) {
      out.append('[');
      original.forEach(cell -> append(out, out.length() == 1, cell));
      return out.append(']').toString();
    }
    out.append('{');
    fields.forEach(
        (key, value) -> {
          append(out, out.length() == 1, key);
          out.append(':');
          if (value == null) {
            out.append("null");
          } else {
            append(out, true, value);
          }
        });
    return out.append('}').toString();
  }

  private static void append(StringBuilder out, boolean first, String text) {
    out.append(first ? "\"" : ",\"");
    JsonStringEncoder.getInstance().quoteAsString(text, out);
    out.append('"');
  }

  /**
   * Reads an object that {@link #json()} wrote, in its order; fractions as {@link
   * java.math.BigDecimal}.
   *
   * @throws IllegalArgumentException when it is not one JSON object; without its content
   */
  public static Map<String, Object> parse(String json) {
    try {
      Map<String, Object> fields = READER.readValue(json);
      if (fields == null) {
        throw new IllegalArgumentException("not a JSON object");
      }
      return fields;
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a JSON object, at column " + columnOf(e));
    }
  }

  /**
   * Reads what {@link #json()} wrote of a rejected lead: {@link #original}. What an earlier Kiln
   * wrote is the text of a broken record.
   */
  public static List<String> parseOriginal(String json) {
    try {
      return json.startsWith("[") ? ORIGINALS.readValue(json) : List.of(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a JSON array of text, at column " + columnOf(e));
    }
  }

  private static int columnOf(JsonProcessingException e) {
    return e.getLocation() == null ? 0 : e.getLocation().getColumnNr();
  }

  /** Leaves the personal data out. */
  @Override
  public String toString() {
    return "Lead[record="
        + record
        + ", line="
        + line
        + ", sector="
        + sector
        + (problem == null ? "" : ", problem=" + problem.text())
        + "]";
  }
}
