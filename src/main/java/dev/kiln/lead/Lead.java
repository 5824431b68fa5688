package dev.kiln.lead;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One row of a file: a person to be enriched. Immutable.
 *
 * @param record its number among the data records of the file, from 1
 * @param line the line where it begins, from 1
 * @param fields its values in the order of {@link Columns#keys()}, which are all present; null is
 *     empty; unmodifiable; personal data
 * @param sector the sector of its industry, or the empty string when the industry is unknown
 * @param key the dedupe key ({@link LeadKey}); null when rejected
 * @param problem why it is rejected, for a person and for logs: names columns, holds no value; null
 *     when it is valid
 */
public record Lead(
    long record,
    long line,
    Map<String, @Nullable String> fields,
    String sector,
    @Nullable String key,
    @Nullable String problem) {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final ObjectReader READER =
      new ObjectMapper(FACTORY)
          .readerFor(new TypeReference<LinkedHashMap<String, Object>>() {})
          .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** Copies the fields. */
  public Lead {
    fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
  }

  /** Whether the row cannot be sent. */
  public boolean rejected() {
    return problem != null;
  }

  /** The fields as one compact JSON object, in order, nulls included. */
  public String json() {
    StringWriter out = new StringWriter(512);
    try (JsonGenerator json = FACTORY.createGenerator(out)) {
      json.writeStartObject();
      for (Map.Entry<String, @Nullable String> field : fields.entrySet()) {
        json.writeStringField(field.getKey(), field.getValue());
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString();
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
        + (problem == null ? "" : ", problem=" + problem)
        + "]";
  }
}
