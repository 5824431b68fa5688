package dev.kiln.ledger;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a pooler of transactions does (PgBouncer's {@code pool_mode = transaction}), at its
 * harshest: the next transaction of a client always runs on the connection to the server that was
 * idle longest. Can lose a commit, or its answer.
 */
final class TransactionPooler implements AutoCloseable {
  private static final int SERVERS = 3;
  private static final int SSL_REQUEST = 80877103;
  private static final int GSS_REQUEST = 80877104;
  private static final byte[] COMMIT = "COMMIT\0".getBytes(StandardCharsets.US_ASCII);

  /** How the next commit goes wrong. */
  enum Loss {
    NONE,
    /** It never reaches the server. */
    COMMIT,
    /** It does, and the client never hears so. */
    ANSWER
  }

  /** A connection to the server. */
  private static final class Backend {
    private final Socket socket;
    private final DataInputStream in;

    Backend(Socket socket) throws IOException {
      this.socket = socket;
      this.in = new DataInputStream(socket.getInputStream());
    }
  }

  private final ServerSocket listener;
  private final int port;
  private final Deque<Backend> idle = new ArrayDeque<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Set<Backend> used = ConcurrentHashMap.newKeySet();
  private final AtomicReference<Loss> loss = new AtomicReference<>(Loss.NONE);

  TransactionPooler(int port) {
    this.port = port;
    try {
      listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
    thread(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  /** Connections to the server that transactions ran on. */
  int used() {
    return used.size();
  }

  void lose(Loss next) {
    loss.set(next);
  }

  private static void thread(Runnable work) {
    Thread thread = new Thread(work, "pooler");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        open.add(client);
        thread(() -> serve(client));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private void serve(Socket client) {
    Backend held = null;
    try (client) {
      DataInputStream in = new DataInputStream(client.getInputStream());
      DataOutputStream out = new DataOutputStream(client.getOutputStream());
      byte[] startup = startup(in, out);
      ByteArrayOutputStream hello = new ByteArrayOutputStream();
      for (int i = 0; i < SERVERS; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        open.add(socket);
        socket.getOutputStream().write(startup);
        Backend backend = new Backend(socket);
        hello.reset();
        char state = answer(backend, hello);
        if (state != 'I') {
          throw new IOException("The server refuses the client.");
        }
        synchronized (idle) {
          idle.add(backend);
        }
      }
      out.write(hello.toByteArray());
      while (true) {
        byte[] request = request(in);
        if (held == null) {
          synchronized (idle) {
            held = idle.remove();
          }
          used.add(held);
        }
        Loss now = contains(request, COMMIT) ? loss.getAndSet(Loss.NONE) : Loss.NONE;
        if (now == Loss.COMMIT) {
          return;
        }
        held.socket.getOutputStream().write(request);
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        char state = answer(held, answer);
        if (state == 'I') {
          synchronized (idle) {
            idle.add(held);
          }
          held = null;
        }
        if (now == Loss.ANSWER) {
          return;
        }
        out.write(answer.toByteArray());
      }
    } catch (IOException gone) {
      // One of the two has hung up.
    } finally {
      close(held);
    }
  }

  /** Answers what comes before the startup message, which is returned. */
  private static byte[] startup(DataInputStream in, DataOutputStream out) throws IOException {
    while (true) {
      int length = in.readInt();
      byte[] rest = in.readNBytes(length - 4);
      int code = new DataInputStream(new ByteArrayInputStream(rest)).readInt();
      if (code == SSL_REQUEST || code == GSS_REQUEST) {
        out.write('N');
      } else {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream message = new DataOutputStream(bytes);
        message.writeInt(length);
        message.write(rest);
        return bytes.toByteArray();
      }
    }
  }

  /** All that the client sends until it waits for an answer. */
  private static byte[] request(DataInputStream in) throws IOException {
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    char type;
    do {
      type = message(in, request, new byte[1]);
      if (type == 'X') {
        throw new IOException("The client hangs up.");
      }
    } while (type != 'S' && type != 'Q');
    return request.toByteArray();
  }

  /** All that the server answers; the state of its transaction then. */
  private static char answer(Backend backend, ByteArrayOutputStream answer) throws IOException {
    byte[] state = new byte[1];
    while (message(backend.in, answer, state) != 'Z') {
      // on to the next
    }
    return (char) state[0];
  }

  /** Copies a message; its type, and its first byte. */
  private static char message(DataInputStream in, ByteArrayOutputStream to, byte[] first)
      throws IOException {
    int type = in.readUnsignedByte();
    int length = in.readInt();
    byte[] body = in.readNBytes(length - 4);
    if (body.length < length - 4) {
      throw new IOException("A message breaks off.");
    }
    DataOutputStream out = new DataOutputStream(to);
    out.write(type);
    out.writeInt(length);
    out.write(body);
    if (body.length > 0) {
      first[0] = body[0];
    }
    return (char) type;
  }

  private static boolean contains(byte[] bytes, byte[] wanted) {
    return new String(bytes, StandardCharsets.ISO_8859_1)
        .contains(new String(wanted, StandardCharsets.ISO_8859_1));
  }

  private static void close(@Nullable Backend held) {
    if (held != null) {
      try {
        held.socket.close();
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
