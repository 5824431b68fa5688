package dev.kiln.lead;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The text of a file under {@code config/} or {@code routes/}, which is UTF-8. */
public final class ConfigText {
  private ConfigText() {}

  /**
   * Reads a file.
   *
   * @param file the file
   * @return all of it, a byte order mark too
   * @throws InvalidConfiguration with file and line where it is not UTF-8
   * @throws IOException if it cannot be read
   */
  public static String read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    // A character is a byte at least.
    CharBuffer text = CharBuffer.allocate(bytes.limit());
    CoderResult result = decoder.decode(bytes, text, true);
    if (result.isError()) {
      int line = 1;
      for (int i = 0; i < bytes.position(); i++) {
        line += bytes.get(i) == '\n' ? 1 : 0;
      }
      throw new InvalidConfiguration(file, line, "is not UTF-8 text; save it as UTF-8");
    }
    return text.flip().toString();
  }
}
