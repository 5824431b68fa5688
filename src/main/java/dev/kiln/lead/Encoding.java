package dev.kiln.lead;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * How a text is encoded, judged from its first 256 KiB: by byte order mark; else UTF-16 where every
 * second byte is zero; else UTF-8; else Windows-1252.
 *
 * @param bom bytes before the text: one byte order mark or several
 * @param note what is unusual, in words for the operator; else empty
 */
record Encoding(Charset charset, int bom, String note) {
  static Encoding of(Content content) {
    byte[] sample = content.sample();
    for (Charset charset :
        List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE)) {
      byte[] mark = "\uFEFF".getBytes(charset);
      int bom = 0;
      while (content.hasAt(bom, mark)) {
        bom += mark.length;
      }
      if (bom > 0) {
        return new Encoding(charset, bom, "");
      }
    }
    if (sample.length >= 4) {
      // A header or a brace is ASCII, whatever is below it.
      int top = Math.min(sample.length, 20);
      for (int length : new int[] {top, sample.length}) {
        if (isUtf16(sample, length, 1)) {
          return new Encoding(
              StandardCharsets.UTF_16LE, 0, "read as UTF-16LE, which it does not say");
        }
        if (isUtf16(sample, length, 0)) {
          return new Encoding(
              StandardCharsets.UTF_16BE, 0, "read as UTF-16BE, which it does not say");
        }
      }
    }
    return isUtf8(content)
        ? new Encoding(StandardCharsets.UTF_8, 0, "")
        : new Encoding(
            TextSource.WINDOWS_1252, 0, "read as Windows-1252, because it is not valid UTF-8");
  }

  /** Whether multi-byte sequences of UTF-8 outnumber the bytes that belong to none. */
  private static boolean isUtf8(Content content) {
    byte[] sample = content.sample();
    int sequences = 0;
    int strays = 0;
    int i = 0;
    while (i < sample.length) {
      int lead = sample[i] & 0xFF;
      int length =
          lead < 0x80
              ? 1
              : lead >= 0xC2 && lead < 0xE0
                  ? 2
                  : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
      int have = Math.min(length, 1);
      while (have < length && i + have < sample.length && (sample[i + have] & 0xC0) == 0x80) {
        have++;
      }
      if (have == length && length > 1) {
        sequences++;
      } else if (length != 1 && i + have < sample.length) {
        strays++;
      } else if (length != 1 && content.sampledWhole()) {
        strays++;
      }
      i += Math.max(have, 1);
    }
    return strays == 0 || sequences > strays;
  }

  /** Whether nearly every second byte is zero, at even or at odd places, and no other. */
  private static boolean isUtf16(byte[] sample, int length, int odd) {
    int[] zeros = new int[2];
    for (int i = 0; i < length; i++) {
      if (sample[i] == 0) {
        zeros[i % 2]++;
      }
    }
    return zeros[odd] > length / 2 - length / 10 - 1 && zeros[1 - odd] <= length / 100;
  }

  /** The text of the sample. */
  String text(Content content) {
    byte[] sample = content.sample();
    return new String(sample, bom, sample.length - bom, charset);
  }
}
