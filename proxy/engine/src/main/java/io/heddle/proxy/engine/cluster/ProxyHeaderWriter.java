package io.heddle.proxy.engine.cluster;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.engine.loop.Addresses;
import io.heddle.xds.model.HostTransport.ProxyHeader;
import io.heddle.xds.model.HostTransport.Tlv;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.socket.DuplexChannel;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes PROXY headers (the PROXY protocol's versions 1 and 2), in which a host is told whose
 * connection it serves. Stateless.
 */
final class ProxyHeaderWriter {
  private static final byte[] SIGNATURE = {
    0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a
  };
  private static final int LOCAL = 0x20;
  private static final int PROXY = 0x21;
  private static final int TCP4 = 0x11;
  private static final int TCP6 = 0x21;

  private ProxyHeaderWriter() {}

  /**
   * A header for this client, or for a connection of our own where there is none, whose addresses
   * are then those of the channel.
   */
  static ByteBuf write(
      ProxyHeader header,
      @Nullable ConnectionInfo client,
      DuplexChannel channel,
      ByteBufAllocator allocator) {
    @Nullable InetSocketAddress source =
        client == null ? Addresses.of(channel.localAddress()) : client.remoteAddress();
    @Nullable InetSocketAddress target =
        client == null ? Addresses.of(channel.remoteAddress()) : client.localAddress();
    ByteBuf out = allocator.directBuffer(64);
    boolean known =
        source != null
            && target != null
            && source.getAddress() != null
            && target.getAddress() != null;
    if (header.version() == 1) {
      out.writeCharSequence(
          known && source != null && target != null ? line(source, target) : "PROXY UNKNOWN\r\n",
          StandardCharsets.US_ASCII);
    } else {
      binary(header, known ? source : null, known ? target : null, out);
    }
    return out;
  }

  private static boolean v6(InetSocketAddress source, InetSocketAddress target) {
    return source.getAddress() instanceof Inet6Address
        || target.getAddress() instanceof Inet6Address;
  }

  private static String line(InetSocketAddress source, InetSocketAddress target) {
    boolean wide = v6(source, target);
    return "PROXY "
        + (wide ? "TCP6 " : "TCP4 ")
        + text(source.getAddress(), wide)
        + " "
        + text(target.getAddress(), wide)
        + " "
        + source.getPort()
        + " "
        + target.getPort()
        + "\r\n";
  }

  /** Both addresses of a header are of one family. */
  private static String text(InetAddress address, boolean wide) {
    String text = io.netty.util.NetUtil.toAddressString(address);
    return wide && !(address instanceof Inet6Address) ? "::ffff:" + text : text;
  }

  private static void binary(
      ProxyHeader header,
      @Nullable InetSocketAddress source,
      @Nullable InetSocketAddress target,
      ByteBuf out) {
    out.writeBytes(SIGNATURE);
    boolean known = source != null && target != null;
    out.writeByte(known ? PROXY : LOCAL);
    boolean wide = source != null && target != null && v6(source, target);
    out.writeByte(known ? wide ? TCP6 : TCP4 : 0);
    int length = known ? wide ? 36 : 12 : 0;
    for (Tlv tlv : header.added()) {
      length += 3 + tlv.value().size();
    }
    out.writeShort(length);
    if (source != null && target != null) {
      out.writeBytes(bytes(source.getAddress(), wide));
      out.writeBytes(bytes(target.getAddress(), wide));
      out.writeShort(source.getPort());
      out.writeShort(target.getPort());
    }
    for (Tlv tlv : header.added()) {
      out.writeByte(tlv.type());
      out.writeShort(tlv.value().size());
      out.writeBytes(tlv.value().asReadOnlyByteBuffer());
    }
  }

  private static byte[] bytes(InetAddress address, boolean wide) {
    byte[] own = address.getAddress();
    if (!wide || own.length == 16) {
      return own;
    }
    byte[] mapped = new byte[16];
    mapped[10] = (byte) 0xff;
    mapped[11] = (byte) 0xff;
    System.arraycopy(own, 0, mapped, 12, 4);
    return mapped;
  }
}
