package dev.kiln;

import java.util.List;
import java.util.Locale;

/** A {@code Link} header (RFC 8288), read in one pass. Confined to its thread. */
final class LinkHeader {
  private final String text;
  private int at;

  private LinkHeader(String text) {
    this.text = text;
  }

  /**
   * The first link to the next page: one of whose relation is {@code next}, in quotes or without,
   * alone or among others.
   *
   * @param headers the values of the headers
   * @return its target as it is written; empty where there is none
   */
  static String next(List<String> headers) {
    for (String header : headers) {
      String next = new LinkHeader(header).next();
      if (!next.isEmpty()) {
        return next;
      }
    }
    return "";
  }

  private String next() {
    for (int open = text.indexOf('<'); open >= 0; open = text.indexOf('<', at)) {
      int close = text.indexOf('>', open);
      if (close < 0) {
        return "";
      }
      at = close + 1;
      if (isNext()) {
        return text.substring(open + 1, close).strip();
      }
    }
    return "";
  }

  /** Passes the parameters of a link; whether its relation, which is the first rel, is the next. */
  private boolean isNext() {
    String relation = null;
    while (passes(';')) {
      String name = word().toLowerCase(Locale.ROOT);
      String value = passes('=') ? value() : "";
      if (name.equals("rel") && relation == null) {
        relation = value;
      }
    }
    return relation != null
        && List.of(relation.toLowerCase(Locale.ROOT).split("\\s+")).contains("next");
  }

  private String value() {
    if (!passes('"')) {
      return word();
    }
    StringBuilder value = new StringBuilder();
    for (; at < text.length() && text.charAt(at) != '"'; at++) {
      if (text.charAt(at) == '\\' && at + 1 < text.length()) {
        at++;
      }
      value.append(text.charAt(at));
    }
    at = Math.min(at + 1, text.length());
    return value.toString();
  }

  private String word() {
    blanks();
    int from = at;
    while (at < text.length() && "=;,\"< \t".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return text.substring(from, at);
  }

  private boolean passes(char c) {
    blanks();
    boolean there = at < text.length() && text.charAt(at) == c;
    if (there) {
      at++;
    }
    return there;
  }

  private void blanks() {
    while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
      at++;
    }
  }
}
