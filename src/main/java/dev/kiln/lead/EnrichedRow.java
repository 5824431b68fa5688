package dev.kiln.lead;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A row as it came back from Clay, of any shape. Immutable.
 *
 * @param leadId the lead that it names; empty where it names none
 * @param body what came, as text; of JSON its first value alone
 * @param hash what identifies the body
 */
public record EnrichedRow(String leadId, String body, String hash) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern LEAD_ID = Pattern.compile("[\\w.-]{1,100}");
  private static final JsonFactory FACTORY = JSON.getFactory();

  /**
   * Looks for the lead that a body names.
   *
   * @param body the bytes as they came, in UTF-8
   * @param leadId where the lead_id stands in it
   */
  public static EnrichedRow of(byte[] body, JsonPointer leadId) {
    String text = new String(body, StandardCharsets.UTF_8);
    String id = "";
    try (JsonParser parser = FACTORY.createParser(text)) {
      JsonNode value = JSON.readTree(parser);
      if (value != null) {
        JsonNode named = value.at(leadId);
        id = named.isValueNode() && !named.isNull() ? named.asText().strip() : "";
        int end = (int) parser.currentLocation().getCharOffset();
        text = text.substring(end).isBlank() ? text : text.substring(0, end);
      }
    } catch (IOException notJson) {
      // It names no lead then.
    }
    return new EnrichedRow(id, text, ContentHash.digest(text));
  }

  /** The row without anything of its content: its body is an empty object. */
  public EnrichedRow emptied() {
    return new EnrichedRow(leadId, "{}", ContentHash.digest("{}"));
  }

  /**
   * Whether a text may be told as a lead_id, which is up to 100 letters, digits and {@code . _ -}:
   * a column may send an e-mail address in its place, or anything.
   */
  public static boolean mayBeLeadId(String text) {
    return LEAD_ID.matcher(text).matches();
  }

  /** The fields of its body; see {@link #fields(String)}. */
  public Map<String, @Nullable String> fields() {
    return fields(body);
  }

  /**
   * The fields of a body in their order: a nested object is flattened one level ({@code
   * company.name}), what is deeper, and an array, is JSON as text, numbers are as they were
   * written, and an empty text is null. None where the body is no JSON object.
   */
  public static Map<String, @Nullable String> fields(String body) {
    Map<String, @Nullable String> fields = new LinkedHashMap<>();
    try (JsonParser parser = FACTORY.createParser(body)) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        read(parser, "", fields);
      }
    } catch (IOException notJson) {
      fields.clear();
    }
    return fields;
  }

  private static void read(JsonParser parser, String prefix, Map<String, @Nullable String> fields)
      throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = prefix + parser.currentName();
      JsonToken value = parser.nextToken();
      if (value == JsonToken.START_OBJECT && prefix.isEmpty()) {
        read(parser, name + ".", fields);
      } else if (value == JsonToken.START_OBJECT || value == JsonToken.START_ARRAY) {
        StringWriter text = new StringWriter();
        try (JsonGenerator copy = FACTORY.createGenerator(text)) {
          copy.copyCurrentStructure(parser);
        }
        fields.put(name, text.toString());
      } else {
        String text = value == JsonToken.VALUE_NULL ? "" : parser.getText();
        fields.put(name, text.isBlank() ? null : text);
      }
    }
  }

  /** Leaves the data out. */
  @Override
  public String toString() {
    return "EnrichedRow[leadId=" + leadId + "]";
  }
}
