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

/** Something that a proxy in training is asked. */
interface TrainingTraffic {
  /** Asks. */
  void send() throws IOException;

  /**
   * HTTP/2 by prior knowledge (RFC 9113, 3.3): requests one after the other, a PING, and at last a
   * frame against the protocol, so that the way of a GOAWAY is known too.
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
        for (int i = 0; i < requests; i++) {
          // GET, http, / and :authority "training", by RFC 7541, appendix A.
          out.write(
              Frame.of(Frame.HEADERS, Frame.END, 2 * i + 1, "828684" + "4108747261696e696e67"));
          while (!Frame.endsStream(in)) {
            // Settings, headers, data.
          }
        }
        out.write(Frame.of(Frame.PING, 0, 0, "0102030405060708"));
        out.write(Frame.of(Frame.DATA, 0, 2 * requests + 1, "00"));
        while (in.read() >= 0) {
          in.skipNBytes(in.available());
        }
      }
    };
  }

  /** As much of RFC 9113, 4.1, as is needed here. */
  final class Frame {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int ACK = 1;
    static final int END = 5;
    private static final int END_STREAM = 1;

    private Frame() {}

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

    /** Reads one frame; whether it is the last of a response. */
    static boolean endsStream(DataInputStream in) throws IOException {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      in.skipNBytes(4L + length);
      return type <= HEADERS && (flags & END_STREAM) != 0;
    }
  }
}
