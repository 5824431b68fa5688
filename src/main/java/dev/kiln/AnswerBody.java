package dev.kiln;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;

/** Reads the bodies of answers: of any of them as much as is of use, and no more. */
final class AnswerBody {
  /** Bytes of a body that are read. */
  static final int MOST_BYTES = 16 * 1024;

  private static final int AT_ONCE = 1024;

  private AnswerBody() {}

  /**
   * Replaces the body of an answer by its first {@value #MOST_BYTES} bytes, or what came of them
   * before it broke off: the status alone says what became of the row. The connection is kept where
   * that was all, and closed where there is more to come. A compressed body, which was not asked
   * for, is left out.
   *
   * @param response the answer, its body not read
   * @param connection what it comes by
   */
  static void read(ClassicHttpResponse response, ExecRuntime connection) {
    HttpEntity body = response.getEntity();
    if (body == null) {
      return;
    }
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    if (!isWhole(body, read)) {
      // To close the body would be to read all of it.
      connection.discardEndpoint();
    }
    if (response.containsHeader(HttpHeaders.CONTENT_ENCODING)) {
      response.removeHeaders(HttpHeaders.CONTENT_ENCODING);
      read.reset();
    }
    response.setEntity(new ByteArrayEntity(read.toByteArray(), null));
  }

  /** Reads; whether that was all. */
  private static boolean isWhole(HttpEntity body, ByteArrayOutputStream read) {
    try {
      InputStream from = body.getContent();
      byte[] piece = new byte[AT_ONCE];
      int length = from.read(piece);
      while (length >= 0 && read.size() < MOST_BYTES) {
        read.write(piece, 0, Math.min(length, MOST_BYTES - read.size()));
        length = from.read(piece);
      }
      return length < 0;
    } catch (IOException | RuntimeException brokenOff) {
      return false;
    }
  }
}
