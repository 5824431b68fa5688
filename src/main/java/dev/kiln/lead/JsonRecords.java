package dev.kiln.lead;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The objects of a JSON text that are leads, each found by its braces and then parsed by Jackson.
 *
 * <p>A nested object is flattened one level ({@code company.name}); what is deeper, and an array,
 * is its JSON as text, without the keys that {@link Hygiene} blocks: each of them makes a column,
 * {@code company.owner.ssn}, that is filled where it was. A number is the text it was written as;
 * null, NaN and an absent key are empty. An object that is no valid JSON is broken, and so is an
 * element that is no object; reading goes on behind it. One whose end cannot be told, as after a
 * string that was never closed, ends where the next object begins: on a line that is indented no
 * deeper, or within its line behind <code>},</code>. Not thread-safe.
 */
final class JsonRecords extends CellRecords {
  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .build();

  /** Keys that only wrap the fields of a record, as HubSpot, Airtable, JSON:API and others do. */
  private static final Set<String> WRAPPING =
      Set.of("properties", "fields", "attributes", "node", "data", "contact", "person", "lead");

  private static final int DEEPEST = 500;

  /** How far what stands behind a place is looked for. */
  private static final int NEAR = 1000;

  /** How often that is done within one broken record, if nothing is found. */
  private static final int MOST_ENDLESS = 100;

  /** What a blocked key within a text has for a value. */
  private static final String LEFT_OUT = "left out";

  /** Keys within texts that were judged before, at most. */
  private static final int MOST_JUDGED = 4096;

  /** A container around the records: an object with the key that was read last, or an array. */
  private static final class Container {
    final boolean object;
    @Nullable String key;

    Container(boolean object) {
      this.object = object;
    }
  }

  private final TextSource source;
  private final List<String> path;
  private final Map<String, Integer> columns;
  private final boolean learning;
  private final Limits limits;
  private final Hygiene hygiene;

  /** Of keys within texts, by all keys that lead there: their column if they are blocked, or "". */
  private final Map<String, String> judged = new HashMap<>();

  /** Where what is left out of a text begins and ends. */
  private final List<Integer> cuts = new ArrayList<>();

  private final Deque<Container> around = new ArrayDeque<>();

  private char[] buffer = new char[1 << 16];

  /** Where the current record or token begins. */
  private int start;

  private int limit;
  private boolean ended;
  private boolean cutOff;

  /** The line of {@link #start}. */
  private long line = 1;

  /** The column of the first character of that line that is no blank, and whether it was seen. */
  private int indentation;

  private boolean indented;

  /** How much of the buffer the current record takes up. */
  private int taken;

  private long recordLine;
  private long faultLine;
  private @Nullable String fault;
  private String excerpt = "";

  /** While a record is scanned: what stands open, what came last, and the lines so far. */
  private final BitSet objects = new BitSet();

  private int depth;
  private char last;
  private long lines;
  private boolean inText;
  private @Nullable String tear;

  /**
   * Records of a text.
   *
   * @param path the keys that lead to them
   * @param columns the place of each key
   * @param learning whether new keys are added to it
   * @param hygiene says which keys are left out of a text
   */
  JsonRecords(
      TextSource source,
      List<String> path,
      Map<String, Integer> columns,
      boolean learning,
      Limits limits,
      Hygiene hygiene) {
    this.source = source;
    this.path = path;
    this.columns = columns;
    this.learning = learning;
    this.limits = limits;
    this.hygiene = hygiene;
  }

  /** What columns are called: their keys, without a wrapping one where that leaves no doubt. */
  static List<String> named(Collection<String> keys) {
    return keys.stream()
        .map(
            key -> {
              String inner = unwrapped(key);
              return keys.contains(inner) ? key : inner;
            })
        .toList();
  }

  private static String unwrapped(String key) {
    int dot = key.indexOf('.');
    return dot > 0 && WRAPPING.contains(key.substring(0, dot)) ? key.substring(dot + 1) : key;
  }

  TextSource source() {
    return source;
  }

  /** Whether the text ended within an array or object around the records. */
  boolean cutOff() {
    return cutOff;
  }

  @Override
  public boolean next() throws IOException {
    clear();
    fault = null;
    advance(taken);
    taken = 0;
    while (true) {
      int c = peek(0);
      if (c < 0) {
        cutOff |= !around.isEmpty();
        return false;
      }
      if (c <= ' ' || c == ',' || c == ':' || c == '\uFEFF' || c == '\uFFFE') {
        advance(1);
      } else if (c == '{' && atRecord()) {
        record();
        return true;
      } else if ((c == '{' || c == '[') && around.size() < DEEPEST) {
        around.push(new Container(c == '{'));
        advance(1);
      } else if ((c == '}' || c == ']') && closes(c)) {
        around.pop();
        advance(1);
      } else if (inWrapper()) {
        passScalar(c);
      } else {
        stray();
        return true;
      }
    }
  }

  /** Whether an object that begins here is a record. */
  private boolean atRecord() {
    int keys = 0;
    var outer = around.descendingIterator();
    while (outer.hasNext()) {
      Container container = outer.next();
      if (container.object) {
        if (keys == path.size() || !path.get(keys).equals(container.key)) {
          return false;
        }
        keys++;
      }
    }
    return keys == path.size();
  }

  private boolean closes(int c) {
    Container inner = around.peek();
    return inner != null && inner.object == (c == '}');
  }

  /** Whether what stands here is a key or value beside the records. */
  private boolean inWrapper() {
    Container inner = around.peek();
    return inner != null && (inner.object || !atRecord());
  }

  /** Passes a key or a scalar of a wrapper. */
  private void passScalar(int c) throws IOException {
    int p = 1;
    if (c != '"') {
      while (peek(p) > ' ' && ",:]}[{\"".indexOf(peek(p)) < 0 && p < limits.maxRecordChars()) {
        p++;
      }
      advance(p);
      return;
    }
    StringBuilder text = new StringBuilder();
    int next = peek(p);
    while (next >= 0 && next != '"' && next != '\n' && next != '\r') {
      boolean escape = next == '\\' && peek(p + 1) > ' ';
      if (text.length() < limits.maxRecordChars()) {
        text.append(buffer, start + p, escape ? 2 : 1);
      }
      p += escape ? 1 : 0;
      if (p > limits.maxRecordChars()) {
        advance(p);
        p = 0;
      }
      next = peek(++p);
    }
    advance(next == '"' ? p + 1 : p);
    while (peek(0) >= 0 && peek(0) <= ' ') {
      advance(1);
    }
    Container inner = around.peek();
    if (peek(0) == ':' && inner != null && inner.object) {
      inner.key = Address.decoded(text.toString());
    }
  }

  /** Something where an object should be: it is broken up to the next element or line. */
  private void stray() throws IOException {
    recordLine = line;
    faultLine = line;
    fault =
        around.isEmpty()
            ? "this is not JSON: a JSON object should begin here"
            : "the element is no JSON object";
    boolean text = false;
    int p = 0;
    int endless = 0;
    int c = peek(p);
    while (c >= 0 && c != '\n' && c != '\r' && p < limits.maxRecordChars()) {
      if (c == '"') {
        text = !text;
      } else if (text && c == '\\' && peek(p + 1) > ' ') {
        p++;
      } else if (!text && c == '[' && endless < MOST_ENDLESS) {
        int end = endOfArray(p);
        endless += end == p ? 1 : 0;
        p = end;
      } else if (!text && p > 0 && (around.isEmpty() ? c == '{' : "{,]".indexOf(c) >= 0)) {
        break;
      }
      c = peek(++p);
    }
    taken = Math.max(p, 1);
    excerpt = cut(taken);
  }

  /**
   * Where an array ends that is a value of the rest of a broken object: its bracket is not that of
   * an array around the records. The same place where it has no end near.
   */
  private int endOfArray(int position) throws IOException {
    boolean text = false;
    int open = 0;
    for (int p = position; p < position + NEAR && peek(p) >= 0; p++) {
      int c = peek(p);
      if (c == '"') {
        text = !text;
      } else if (text) {
        p += c == '\\' ? 1 : 0;
      } else if (c == '[') {
        open++;
      } else if (c == ']' && --open == 0) {
        int next = p + 1;
        while (peek(next) >= 0 && peek(next) <= ' ' && next < p + NEAR) {
          next++;
        }
        return peek(next) == ',' || peek(next) == '}' ? p : position;
      }
    }
    return position;
  }

  private void record() throws IOException {
    recordLine = line;
    int end = scan();
    if (end < 0) {
      resynchronise(-end - 1);
      return;
    }
    taken = end;
    try (JsonParser json = FACTORY.createParser(buffer, start, end)) {
      json.nextToken();
      fields(json, "");
    } catch (JsonProcessingException e) {
      int row = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      faultLine = recordLine + Math.max(row, 1) - 1;
      broken("is not valid JSON on line " + faultLine);
    }
    if (fault == null && !learning) {
      set(columns.size() - 1, value(columns.size() - 1));
    }
  }

  private void broken(String how) {
    fault = "the JSON object that begins on line " + recordLine + " " + how;
    excerpt = cut(taken);
    clear();
  }

  // ---- Scanning: where a record ends ----

  /**
   * Finds the end of the object that begins at the start.
   *
   * @return how long it is; or {@code -n - 1} where it is torn, and n characters from the start on
   *     nobody can tell what belongs where
   */
  private int scan() throws IOException {
    depth = 0;
    last = 0;
    lines = 0;
    tear = null;
    inText = false;
    objects.clear();
    int p = 0;
    do {
      int c = peek(p);
      if (c < 0) {
        return torn("is never closed", p);
      }
      if (p >= limits.maxRecordChars()) {
        return torn("is longer than " + limits.maxRecordChars() + " characters", p);
      }
      if (lines >= limits.maxRecordLines()) {
        return torn("takes up more than " + limits.maxRecordLines() + " lines", p);
      }
      if (c == '"') {
        if (!mayBegin(c)) {
          return torn(
              "misses a quote, a comma or a brace on or before line " + (recordLine + lines), p);
        }
        p = string(p + 1);
        if (p < 0) {
          return p;
        }
        last = '"';
      } else if (c == '{' || c == '[') {
        if (!mayBegin(c) || depth == DEEPEST) {
          return torn("misses a brace or bracket on or before line " + (recordLine + lines), p);
        }
        objects.set(depth++, c == '{');
        last = (char) c;
      } else if (c == '}' || c == ']') {
        if (objects.get(depth - 1) != (c == '}')) {
          return torn("misses a brace or bracket on or before line " + (recordLine + lines), p);
        }
        depth--;
        last = (char) c;
      } else if (c == ',' || c == ':') {
        last = (char) c;
      } else if (c > ' ') {
        if (last != '0' && !mayBegin(c)) {
          return torn("misses a quote or a comma on or before line " + (recordLine + lines), p);
        }
        last = '0';
      } else {
        countLine(c, p);
      }
      p++;
    } while (depth > 0);
    return p;
  }

  /** Whether a value, or a key, may begin behind what came last. */
  private boolean mayBegin(int c) {
    if (depth == 0) {
      return true;
    }
    if (objects.get(depth - 1)) {
      return last == ':' || (c == '"' && (last == '{' || last == ','));
    }
    return last == '[' || last == ',';
  }

  /** Runs to the closing quote of a string; negative where there is none. */
  private int string(int from) throws IOException {
    int p = from;
    inText = true;
    while (true) {
      int visible = Math.min(limit - start, limits.maxRecordChars());
      char[] chars = buffer;
      while (p < visible) {
        char c = chars[start + p];
        if (c == '"' || c == '\\' || c == '\n' || c == '\r') {
          break;
        }
        p++;
      }
      int c = peek(p);
      if (c == '"') {
        inText = false;
        return p;
      }
      if (c < 0 || c == '\n' || c == '\r') {
        return torn("has a string that is not closed on line " + (recordLine + lines), p);
      }
      if (p >= limits.maxRecordChars()) {
        return torn("is longer than " + limits.maxRecordChars() + " characters", p);
      }
      p += c == '\\' && peek(p + 1) != '\n' && peek(p + 1) != '\r' ? 2 : 1;
    }
  }

  private int torn(String how, int position) {
    tear = how;
    return -position - 1;
  }

  private void countLine(int c, int position) throws IOException {
    if (c == '\n' || (c == '\r' && peek(position + 1) != '\n')) {
      lines++;
    }
  }

  /** Breaks the record off where the next one begins, or at the end of the text. */
  private void resynchronise(int torn) throws IOException {
    faultLine = inText ? recordLine + lines : recordLine;
    boolean ofOneLine = lines == 0;
    boolean tooLong = torn >= limits.maxRecordChars();
    int indent = indentation;
    broken(tear == null ? "is broken" : tear);
    excerpt = cut(torn);
    int bound = Integer.MAX_VALUE;
    if (peek(torn) == '{' && beginsObject(torn)) {
      bound = torn;
    }
    if (ofOneLine && !tooLong) {
      for (int p = 1; peek(p) >= 0 && peek(p) != '\n' && peek(p) != '\r'; p++) {
        if (p == bound) {
          taken = p;
          return;
        } else if (p > limits.maxRecordChars()) {
          advance(p);
          p = 0;
        } else if (peek(p) == '{' && beginsObject(p) && endsAnother(p)) {
          taken = p;
          return;
        }
      }
    }
    if (!ofOneLine || !tooLong || !passToEnd(torn)) {
      passToLine(indent, bound);
    }
  }

  /** Goes behind the end of an object that is too long; false where its line ends before. */
  private boolean passToEnd(int torn) throws IOException {
    advance(torn);
    int c = peek(0);
    while (c >= 0 && c != '\n' && c != '\r') {
      advance(1);
      if (inText) {
        inText = c != '"';
        if (c == '\\' && peek(0) > ' ') {
          advance(1);
        }
      } else if (c == '"') {
        inText = true;
      } else if (c == '{' || c == '[') {
        depth++;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        return true;
      }
      c = peek(0);
    }
    return false;
  }

  /** Whether an object that is not empty begins here. */
  private boolean beginsObject(int position) throws IOException {
    int p = position + 1;
    while (peek(p) >= 0 && peek(p) <= ' ' && p < position + NEAR) {
      p++;
    }
    return peek(p) == '"';
  }

  /** Whether a closing brace and a comma, or a closing brace alone, stand before this place. */
  private boolean endsAnother(int position) throws IOException {
    int p = position - 1;
    while (p > 0 && (peek(p) <= ' ' || peek(p) == ',')) {
      p--;
    }
    return peek(p) == '}';
  }

  /**
   * Goes on with a line that begins with an object and is indented no deeper.
   *
   * @param bound where the next object begins at the latest
   */
  private void passToLine(int indent, int bound) throws IOException {
    int left = bound;
    while (true) {
      int c = peek(0);
      while (c >= 0 && c != '\n' && c != '\r' && left > 0) {
        advance(1);
        left--;
        c = peek(0);
      }
      while (c >= 0 && c <= ' ' && left > 0) {
        advance(1);
        left--;
        c = peek(0);
      }
      if (c < 0 || left == 0) {
        return;
      }
      if (indentation > indent) {
        continue;
      }
      int p = 0;
      while (p < NEAR && (peek(p) == '}' || peek(p) == ']' || peek(p) == ',' || peek(p) == ' ')) {
        p++;
      }
      if (peek(p) == '{' && beginsObject(p)) {
        advance(p);
        return;
      }
    }
  }

  // ---- Parsing: what a record holds ----

  private void fields(JsonParser json, String prefix) throws IOException {
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String name = prefix + json.currentName();
      JsonToken token = json.nextToken();
      if (token == JsonToken.START_OBJECT && prefix.isEmpty()) {
        fields(json, name + ".");
      } else if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
        int from = start + (int) json.currentTokenLocation().getCharOffset();
        cuts.clear();
        if (blocked(name, name).isEmpty()) {
          leaveOut(json, name, name);
        } else {
          json.skipChildren();
        }
        int to = start + (int) json.currentLocation().getCharOffset();
        put(name, compact(from, to));
      } else {
        boolean empty =
            token == JsonToken.VALUE_NULL
                || (token == JsonToken.VALUE_NUMBER_FLOAT && json.isNaN() && isNaN(json));
        put(name, empty ? null : json.getText());
      }
    }
  }

  /**
   * Passes an object or array, and notes what of it is left out.
   *
   * @param column the column whose text it is
   * @param path the keys that lead to it
   */
  private void leaveOut(JsonParser json, String column, String path) throws IOException {
    boolean object = json.currentToken() == JsonToken.START_OBJECT;
    while (json.nextToken() != (object ? JsonToken.END_OBJECT : JsonToken.END_ARRAY)) {
      String inner = path;
      if (object) {
        int from = start + (int) json.currentTokenLocation().getCharOffset();
        inner = path + '.' + json.currentName();
        if (inner.length() > Header.LONGEST_NAME) {
          // All keys above would take too much memory.
          inner = column + '.' + json.currentName();
        }
        String blocked = blocked(column, inner);
        JsonToken value = json.nextToken();
        if (!blocked.isEmpty()) {
          boolean empty = value == JsonToken.VALUE_NULL || json.getText().isBlank();
          json.skipChildren();
          cuts.add(from);
          cuts.add(start + (int) json.currentLocation().getCharOffset());
          put(blocked, empty ? null : LEFT_OUT);
          continue;
        }
      }
      if (json.currentToken().isStructStart()) {
        leaveOut(json, column, inner);
      }
    }
  }

  /**
   * Whether a key is blocked, by its own words or with those of the keys above it.
   *
   * @param column the column whose text it stands in
   * @param path the keys that lead to it, the column first
   * @return the column and those keys that are enough to block it; empty where it is not blocked
   */
  private String blocked(String column, String path) {
    String known = judged.get(path);
    if (known != null) {
      return known;
    }
    if (path.length() > Header.LONGEST_NAME) {
      return hygiene.blocks(path) ? path : "";
    }
    String name = "";
    for (int dot = path.lastIndexOf('.');
        name.isEmpty() && dot >= column.length();
        dot = path.lastIndexOf('.', dot - 1)) {
      name = hygiene.blocks(path.substring(dot + 1)) ? column + path.substring(dot) : "";
    }
    if (name.isEmpty() && hygiene.blocks(unwrapped(path))) {
      name = path;
    }
    if (judged.size() == MOST_JUDGED) {
      judged.clear();
    }
    judged.put(path, name);
    return name;
  }

  private static boolean isNaN(JsonParser json) throws IOException {
    return json.getText().endsWith("NaN");
  }

  private void put(String name, @Nullable String text) {
    if (name.length() > Header.LONGEST_NAME) {
      faultLine = recordLine;
      broken("has a key of more than " + Header.LONGEST_NAME + " characters");
    }
    if (fault != null) {
      return;
    }
    if (learning && columns.size() <= limits.maxColumns()) {
      columns.putIfAbsent(name, columns.size());
    }
    Integer column = columns.get(name);
    if (column == null || text == null || learning) {
      return;
    }
    String other = value(column);
    if (other != null && !other.equals(text)) {
      faultLine = recordLine;
      broken("has the key \"" + Text.shown(name) + "\" twice, with different values");
    } else {
      set(column, text);
    }
  }

  /** JSON without blanks outside its strings, and without what is left out. */
  private String compact(int from, int to) {
    StringBuilder out = new StringBuilder(to - from);
    boolean text = false;
    int cut = 0;
    for (int i = from; i < to; i++) {
      if (cut < cuts.size() && i == cuts.get(cut)) {
        i = cuts.get(cut + 1) - 1;
        cut += 2;
        continue;
      }
      char c = buffer[i];
      if (!text && cut > 0 && (c == ',' || c == '}')) {
        // The comma before what was left out, or behind it, goes with it.
        int end = out.length() - 1;
        char last = out.charAt(end);
        if (c == '}' && last == ',') {
          out.setLength(end);
        } else if (c == ',' && (last == '{' || last == ',')) {
          continue;
        }
      }
      if (text || c > ' ') {
        out.append(c);
      }
      if (c == '\\' && text) {
        out.append(buffer[++i]);
      } else if (c == '"') {
        text = !text;
      }
    }
    return out.toString();
  }

  // ---- The text ----

  /** The start of the record as it stands in the file. */
  private String cut(int length) {
    int most = Math.min(Math.min(length, limits.excerptChars()), limit - start);
    if (most > 0 && Character.isHighSurrogate(buffer[start + most - 1])) {
      most--;
    }
    return new String(buffer, start, most).replace("\0", "");
  }

  /** Moves the start on, over line breaks. */
  private void advance(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      int c = peek(i);
      if (c == '\n' || (c == '\r' && peek(i + 1) != '\n')) {
        line++;
        indentation = 0;
        indented = false;
      } else if (!indented) {
        indented = c > ' ';
        indentation += indented ? 0 : 1;
      }
    }
    start += count;
    if (!indented && peek(0) > ' ') {
      indented = true;
    }
  }

  /** The character at an offset from the start, or -1 past the end. */
  private int peek(int offset) throws IOException {
    while (start + offset >= limit) {
      if (!fill()) {
        return -1;
      }
    }
    return buffer[start + offset];
  }

  private boolean fill() throws IOException {
    if (ended) {
      return false;
    }
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, limit - start);
      limit -= start;
      start = 0;
    }
    if (buffer.length - limit < TextSource.LEAST_ROOM) {
      buffer = Arrays.copyOf(buffer, 2 * buffer.length);
    }
    int count = source.read(buffer, limit, buffer.length - limit);
    ended = count < 0;
    limit += Math.max(count, 0);
    return !ended;
  }

  // ---- The record ----

  @Override
  public long line() {
    return recordLine;
  }

  @Override
  public @Nullable String fault() {
    return fault;
  }

  @Override
  public long faultLine() {
    return faultLine;
  }

  @Override
  public String excerpt() {
    // Its keys may be in no row that could be read.
    return hygiene.mentions(excerpt) ? "" : excerpt;
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
