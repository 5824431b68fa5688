package dev.kiln.simulate;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request body as Clay does: a JSON object or a JSON array, either of them one row.
 * Thread-safe.
 */
final class RowBody {
  private final JsonFactory factory = new JsonFactory();

  /**
   * Checks the whole body and finds its top-level {@code lead_id}.
   *
   * @param body the bytes as they came
   * @return the id as text; null when there is none, or when it is no string, number or boolean
   * @throws IOException when the body is not one JSON object or array
   */
  @Nullable String leadId(byte[] body) throws IOException {
    try (JsonParser parser = factory.createParser(body)) {
      String leadId = null;
      JsonToken first = parser.nextToken();
      if (first == JsonToken.START_ARRAY) {
        parser.skipChildren();
      } else if (first == JsonToken.START_OBJECT) {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          boolean named = parser.currentName().equals("lead_id");
          JsonToken value = parser.nextToken();
          if (!named) {
            parser.skipChildren();
          } else if (value.isScalarValue() && value != JsonToken.VALUE_NULL) {
            leadId = parser.getText();
          } else {
            leadId = null;
            parser.skipChildren();
          }
        }
      } else {
        throw new JsonParseException(parser, "neither an object nor an array");
      }
      if (parser.nextToken() != null) {
        throw new JsonParseException(parser, "text after the end");
      }
      return leadId;
    }
  }
}
