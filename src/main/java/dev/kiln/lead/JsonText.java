package dev.kiln.lead;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A file of JSON objects: in an array, one after the other on lines of their own or not, or within
 * a wrapper such as {@code {"results": [...]}}. It is read twice: first for the keys, which make
 * the header, then for the rows. So every key has its column whatever row it is in.
 */
final class JsonText {
  private static final Pattern START = Pattern.compile("\\{\\s*([\"}]|$)|\\[\\s*([\\[{\"\\]]|$)");

  private static final Pattern WORD = Pattern.compile("[\\p{L}_-]{1,40}\\d{0,2}");

  private JsonText() {}

  /** Whether a text begins as JSON does. */
  static boolean is(String text) {
    return START.matcher(text.substring(0, Math.min(text.length(), 1000)).strip()).lookingAt();
  }

  static Opening open(
      Content content, Encoding encoding, String text, Limits limits, Hygiene hygiene)
      throws IOException {
    JsonShape shape = JsonShape.of(text);
    String emptyList = shape.emptyList();
    if (emptyList != null) {
      throw new UnreadableFile(
          content.file(),
          "holds JSON whose array "
              + (emptyList.isEmpty() ? "" : "\"" + shown(emptyList) + "\" ")
              + "has no rows: export it again, with its rows");
    }
    if (!shape.holdsObjects()) {
      throw new UnreadableFile(
          content.file(),
          "holds JSON without objects: each lead must be one, for example"
              + " {\"email\": \"...\", \"first_name\": \"...\"}");
    }
    List<String> path = shape.path();
    Map<String, Integer> columns = new LinkedHashMap<>();
    try (JsonRecords keys = records(content, encoding, path, columns, true, limits, hygiene)) {
      while (keys.next()) {
        if (columns.size() > limits.maxColumns()) {
          throw new UnreadableFile(
              content.file(),
              "has more than "
                  + limits.maxColumns()
                  + " different keys: export only those you need");
        }
      }
    }
    List<String> header = JsonRecords.named(columns.keySet());
    if (!Columns.identifies(header)) {
      throw new UnreadableFile(
          content.file(),
          "holds JSON objects that are no leads: they have "
              + Header.counted(header, "key")
              + ". No key is known as e-mail, LinkedIn URL, name, company or domain: use, for"
              + " example, email, first_name, last_name, company, domain, linkedin_url.");
    }
    JsonRecords records = records(content, encoding, path, columns, false, limits, hygiene);
    return new Opening(
        records,
        header,
        0,
        false,
        () ->
            new Format(
                Format.Kind.JSON,
                encoding.charset().name(),
                '\0',
                notes(encoding, records, path, shape)));
  }

  private static JsonRecords records(
      Content content,
      Encoding encoding,
      List<String> path,
      Map<String, Integer> columns,
      boolean learning,
      Limits limits,
      Hygiene hygiene)
      throws IOException {
    InputStream in = content.open();
    in.skipNBytes(encoding.bom());
    return new JsonRecords(
        DelimitedText.source(in, encoding), path, columns, learning, limits, hygiene);
  }

  private static String shown(List<String> keys) {
    return keys.stream().map(JsonText::shown).collect(Collectors.joining("."));
  }

  /** A key around the rows; without one that may be somebody's data, such as an address. */
  private static String shown(String key) {
    return WORD.matcher(key).matches() ? key : "(key)";
  }

  private static List<String> notes(
      Encoding encoding, JsonRecords records, List<String> path, JsonShape shape) {
    List<String> notes = new ArrayList<>(DelimitedText.notes(encoding, records.source()));
    if (!path.isEmpty()) {
      notes.add("rows are those under \"" + shown(path) + "\"");
    }
    List<String> around = shape.around(path);
    if (!around.isEmpty()) {
      notes.add("not read, since it stands around the rows: " + String.join(", ", around));
    }
    List<List<String>> beside = shape.beside(path);
    if (!beside.isEmpty()) {
      notes.add(
          "not read: "
              + beside.stream()
                  .map(keys -> "\"" + shown(keys) + "\"")
                  .distinct()
                  .collect(Collectors.joining(", ")));
    }
    if (records.cutOff()) {
      notes.add("the file ends before its JSON does: perhaps only a part of it arrived");
    }
    return notes;
  }
}
