package dev.kiln.lead;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * The characters of a stream of bytes. Bytes that are not of the charset never stop it and are
 * never dropped: in UTF-8 each is read as Windows-1252, else as U+FFFD. Not thread-safe.
 */
final class TextSource implements Closeable {
  static final Charset WINDOWS_1252 = Charset.forName("windows-1252");

  /** The least room that {@link #read} asks for: the longest malformed sequence fits. */
  static final int LEAST_ROOM = 16;

  private final InputStream in;
  private final CharsetDecoder decoder;
  private final boolean utf8;
  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 16).limit(0);
  private boolean ended;
  private long malformed;

  TextSource(InputStream in, Charset charset) {
    this.in = in;
    this.utf8 = charset.equals(StandardCharsets.UTF_8);
    this.decoder =
        charset
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
  }

  /**
   * Reads some characters.
   *
   * @return how many, at least 1, or -1 at the end
   */
  int read(char[] chars, int offset, int length) throws IOException {
    CharBuffer out = CharBuffer.wrap(chars, offset, length);
    while (true) {
      CoderResult result = decoder.decode(bytes, out, ended);
      if (result.isError() && out.remaining() >= LEAST_ROOM) {
        replace(result.length(), out);
      } else if (out.position() > offset) {
        return out.position() - offset;
      } else if (ended) {
        return -1;
      } else {
        bytes.compact();
        int count = in.read(bytes.array(), bytes.position(), bytes.remaining());
        ended = count < 0;
        bytes.position(bytes.position() + Math.max(count, 0));
        bytes.flip();
      }
    }
  }

  /** Bytes so far that were not of the charset. */
  long malformed() {
    return malformed;
  }

  private void replace(int count, CharBuffer out) {
    malformed += count;
    for (int i = 0; i < count; i++) {
      byte one = bytes.get();
      if (utf8) {
        out.put(new String(new byte[] {one}, WINDOWS_1252));
      } else if (i == 0) {
        out.put('\uFFFD');
      }
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
