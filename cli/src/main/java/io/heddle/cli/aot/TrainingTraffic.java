package io.heddle.cli.aot;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.function.Predicate;

/** Something that a proxy in training is asked. */
interface TrainingTraffic {
  /** Asks. */
  void send() throws IOException;

  /**
   * HTTP/2 by prior knowledge (RFC 9113, 3.3): requests one after the other, then what a hostile
   * client sends a lot of, as a proxy that has to learn it in a flood keeps others waiting; and at
   * last a frame against the protocol, so that the way of a GOAWAY is known too.
   */
  static TrainingTraffic http2(int port, int requests) {
    return () -> {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 2_000);
        socket.setSoTimeout(5_000);
        DataInputStream in = new DataInputStream(socket.getInputStream());
        OutputStream out = socket.getOutputStream();
        out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        out.write(Frame.of(Frame.SETTINGS, 0, 0, ""));
        out.write(Frame.of(Frame.SETTINGS, Frame.ACK, 0, ""));
        int stream = 1;
        for (int i = 0; i < requests; i++) {
          out.write(Frame.of(Frame.HEADERS, Frame.END, stream, GET));
          stream += 2;
          Frame.await(in, Frame::endsStream);
        }
        for (int i = 0; i < FLOOD; i++) {
          out.write(flood(stream));
          stream += 4;
          Frame.await(in, read -> read.type() == Frame.PING);
        }
        out.write(Frame.of(Frame.DATA, 0, stream, "00"));
        while (in.read() >= 0) {
          in.skipNBytes(in.available());
        }
      }
    };
  }

  /** GET, http, / and :authority "training", by RFC 7541, appendix A. */
  String GET = "828684" + "4108747261696e696e67";

  /** How often; fewer than the resets that a proxy takes in 30 seconds. */
  int FLOOD = 50;

  /** Frames of which a few do nothing wrong, a PING at the end. */
  private static byte[] flood(int stream) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    // A request that is taken back, and one in two pieces whose body comes in small ones.
    out.write(Frame.of(Frame.HEADERS, Frame.END, stream, GET));
    out.write(Frame.of(Frame.RST_STREAM, 0, stream, "00000008"));
    out.write(Frame.of(Frame.HEADERS, 0, stream + 2, "83"));
    out.write(Frame.of(Frame.CONTINUATION, Frame.END_HEADERS, stream + 2, GET.substring(2)));
    for (int i = 0; i < 8; i++) {
      out.write(Frame.of(Frame.SETTINGS, 0, 0, "00040000ffff"));
      out.write(Frame.of(Frame.DATA, 0, stream + 2, "78"));
      out.write(Frame.of(Frame.WINDOW_UPDATE, 0, stream + 2, "00000001"));
      out.write(Frame.of(Frame.PING, 0, 0, "0102030405060708"));
    }
    out.write(Frame.of(Frame.DATA, Frame.END_STREAM, stream + 2, ""));
    return out.toByteArray();
  }

  /** As much of RFC 9113, 4.1, as is needed here. */
  record Frame(int type, int flags) {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;
    static final int ACK = 1;
    static final int END_STREAM = 1;
    static final int END_HEADERS = 4;
    static final int END = END_STREAM | END_HEADERS;

    static byte[] of(int type, int flags, int stream, String hex) throws IOException {
      byte[] payload = HexFormat.of().parseHex(hex);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeByte(0);
      out.writeShort(payload.length);
      out.writeByte(type);
      out.writeByte(flags);
      out.writeInt(stream);
      out.write(payload);
      return bytes.toByteArray();
    }

    /** Whether it is the last of a response. */
    boolean endsStream() {
      return type <= HEADERS && (flags & END_STREAM) != 0;
    }

    /** Reads frames until one is it. */
    static void await(DataInputStream in, Predicate<Frame> it) throws IOException {
      Frame read;
      do {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        read = new Frame(in.readUnsignedByte(), in.readUnsignedByte());
        in.skipNBytes(4L + length);
      } while (!it.test(read));
    }
  }
}
