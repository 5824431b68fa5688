package dev.kiln.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one JSON object of the control plane. Whatever cannot be used throws {@link
 * IllegalArgumentException} with a message that says what is valid. A null counts as left out.
 */
final class JsonFields {
  private final JsonNode object;

  JsonFields(JsonNode object, String... valid) {
    this.object = object;
    List<String> names = List.of(valid);
    if (!object.isObject()) {
      throw new IllegalArgumentException(
          "expected a JSON object with the fields " + String.join(", ", names));
    }
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!names.contains(name)) {
                throw new IllegalArgumentException(
                    "unknown field \"" + name + "\"; valid: " + String.join(", ", names));
              }
            });
  }

  @Nullable String text(String name) {
    JsonNode value = object.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isTextual()) {
      throw new IllegalArgumentException(name + ": a string, not " + value);
    }
    return value.textValue();
  }

  String text(String name, String otherwise) {
    String value = text(name);
    return value == null ? otherwise : value;
  }

  /** An object of strings; empty where it is left out. */
  Map<String, String> texts(String name) {
    JsonNode value = object.path(name);
    Map<String, String> texts = new LinkedHashMap<>();
    if (value.isMissingNode() || value.isNull()) {
      return texts;
    }
    if (!value.isObject()) {
      throw new IllegalArgumentException(name + ": an object of strings, not " + value);
    }
    for (Map.Entry<String, JsonNode> text : value.properties()) {
      if (!text.getValue().isTextual()) {
        throw new IllegalArgumentException(name + ": an object of strings, not " + value);
      }
      texts.put(text.getKey(), text.getValue().textValue());
    }
    return texts;
  }

  String required(String name) {
    String value = text(name);
    if (value == null) {
      throw new IllegalArgumentException(name + ": missing");
    }
    return value;
  }

  int number(String name, int otherwise) {
    long value = longNumber(name, otherwise);
    if (value != (int) value) {
      throw new IllegalArgumentException(name + ": a smaller number, not " + value);
    }
    return (int) value;
  }

  long longNumber(String name, long otherwise) {
    JsonNode value = object.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new IllegalArgumentException(name + ": a whole number, not " + value);
    }
    return value.longValue();
  }

  double decimal(String name, double otherwise) {
    JsonNode value = object.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isNumber()) {
      throw new IllegalArgumentException(name + ": a number, not " + value);
    }
    return value.doubleValue();
  }

  boolean flag(String name, boolean otherwise) {
    JsonNode value = object.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw new IllegalArgumentException(name + ": true or false, not " + value);
    }
    return value.booleanValue();
  }

  /** A range of milliseconds; where only one end is given it is both. */
  Delay delay(String min, String max, Delay otherwise) {
    if (!object.hasNonNull(min) && !object.hasNonNull(max)) {
      return otherwise;
    }
    int least = number(min, number(max, 0));
    int most = number(max, least);
    return new Delay(Duration.ofMillis(least), Duration.ofMillis(most));
  }
}
