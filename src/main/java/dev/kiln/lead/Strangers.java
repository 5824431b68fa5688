package dev.kiln.lead;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Files that hold no leads as Kiln reads them: each is refused with what it is and what to do. */
final class Strangers {
  private static final String HINT = "; save it as CSV (UTF-8) or .xlsx and send that";

  /** What a kind of file has at a place, a character a byte. */
  private record Signature(String kind, int at, String mark) {
    Signature(String kind, String start) {
      this(kind, 0, start);
    }
  }

  private static final List<Signature> SIGNATURES =
      List.of(
          new Signature("is a PDF document", "%PDF"),
          new Signature("is a Parquet file", "PAR1"),
          new Signature("is an Avro file", "Obj\1"),
          new Signature("is an ORC file", "ORC\n"),
          new Signature("is an SQLite database", "SQLite format 3"),
          new Signature("is an RTF document", "{\\rtf"),
          new Signature("is a picture", "\u0089PNG"),
          new Signature("is a picture", "\u00FF\u00D8\u00FF"),
          new Signature("is a picture", "GIF8"));

  private static final List<Signature> PACKED =
      List.of(
          new Signature("is compressed twice (gzip)", "\u001F\u008B"),
          new Signature("is compressed (bzip2)", "BZh"),
          new Signature("is compressed (xz)", "\u00FD7zXZ"),
          new Signature("is compressed (zstd)", "(\u00B5/\u00FD"),
          new Signature("is a 7-Zip archive", "7z\u00BC\u00AF"),
          new Signature("is a RAR archive", "Rar!"),
          new Signature("is a tar archive", 257, "ustar"),
          new Signature("is an empty ZIP archive", "PK\5\6"));

  private static final byte[] ENCRYPTED = "EncryptedPackage".getBytes(StandardCharsets.UTF_16LE);
  private static final Pattern MARKUP =
      Pattern.compile("<(!doctype|html|\\?xml|table)", Pattern.CASE_INSENSITIVE);

  private Strangers() {}

  /** Refuses what its first bytes give away. */
  static void refuse(Content content) throws UnreadableFile {
    if (content.begins(0xD0, 0xCF, 0x11, 0xE0)) {
      throw new UnreadableFile(
          content.file(),
          indexOf(content.sample(), ENCRYPTED) >= 0
              ? "is a workbook with a password: save it as .xlsx without one"
              : "is an old Excel workbook (.xls), whatever its name says" + HINT);
    }
    String kind = kind(content, SIGNATURES);
    if (kind != null) {
      throw new UnreadableFile(content.file(), kind + HINT);
    }
    kind = kind(content, PACKED);
    if (kind != null) {
      throw new UnreadableFile(content.file(), kind + ": unpack it and send the files in it");
    }
  }

  /** Refuses text that is none, or is no table and no JSON. */
  static void refuseText(Content content, String text) throws UnreadableFile {
    if (isBinary(text)) {
      throw new UnreadableFile(content.file(), "is binary, not text" + HINT);
    }
    if (text.chars().allMatch(c -> Text.isBlank((char) c) || ",;|\"".indexOf(c) >= 0)) {
      throw new UnreadableFile(content.file(), "holds only blank lines: export it again");
    }
    String top = text.substring(0, Math.min(text.length(), 1000)).strip();
    if (MARKUP.matcher(top).lookingAt()) {
      throw new UnreadableFile(
          content.file(), "is a web page or XML, perhaps the page of an error" + HINT);
    }
    if (top.regionMatches(true, 0, "BEGIN:VCARD", 0, 11)) {
      throw new UnreadableFile(content.file(), "holds vCards" + HINT);
    }
  }

  /** Whether what was read as text is none. */
  static boolean isBinary(String text) {
    int controls = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == '\uFFFD') {
        controls++;
      }
    }
    return controls > 10 + text.length() / 20;
  }

  private static @Nullable String kind(Content content, List<Signature> signatures) {
    return signatures.stream()
        .filter(
            signature ->
                content.hasAt(signature.at, signature.mark.getBytes(StandardCharsets.ISO_8859_1)))
        .map(Signature::kind)
        .findFirst()
        .orElse(null);
  }

  private static int indexOf(byte[] sample, byte[] wanted) {
    for (int i = 0; i + wanted.length <= sample.length; i++) {
      int j = 0;
      while (j < wanted.length && sample[i + j] == wanted[j]) {
        j++;
      }
      if (j == wanted.length) {
        return i;
      }
    }
    return -1;
  }
}
