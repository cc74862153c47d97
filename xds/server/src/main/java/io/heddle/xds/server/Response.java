package io.heddle.xds.server;

import com.google.protobuf.Any;
import com.google.protobuf.CodedOutputStream;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.heddle.xds.model.ResourceType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;

/**
 * A discovery response that is never built as a message: a few bytes of its own round the shared
 * bytes of its resources.
 */
final class Response {
  private static final int VERSION_INFO = 1;
  private static final int RESOURCES = 2;
  private static final int TYPE_URL = 4;
  private static final int NONCE = 5;
  private static final int REMOVED_RESOURCES = 6;

  private final Framing framing;
  private final byte[] own;
  private final List<EncodedResource> resources;

  private Response(Framing framing, byte[] own, List<EncodedResource> resources) {
    this.framing = framing;
    this.own = own;
    this.resources = resources;
  }

  /**
   * Fields of both kinds of response have the same numbers; only delta has removed names.
   *
   * @param bare resources without content, which stand before those with it
   */
  static Response of(
      Framing framing,
      ResourceType type,
      String versionInfo,
      String nonce,
      List<EncodedResource> resources,
      Collection<String> removed,
      List<Resource> bare) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(160);
    CodedOutputStream out = CodedOutputStream.newInstance(bytes, 160);
    try {
      out.writeString(VERSION_INFO, versionInfo);
      out.writeString(TYPE_URL, type.typeUrl());
      out.writeString(NONCE, nonce);
      for (Resource resource : bare) {
        out.writeMessage(RESOURCES, framing.delta() ? resource : Any.pack(resource));
      }
      if (framing.delta()) {
        for (String name : removed) {
          out.writeString(REMOVED_RESOURCES, name);
        }
      }
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Response(framing, bytes.toByteArray(), resources);
  }

  private int size() {
    int size = own.length;
    for (EncodedResource resource : resources) {
      size = Math.addExact(size, resource.frameSize(framing));
    }
    return size;
  }

  private void writeTo(OutputStream out) throws IOException {
    out.write(own);
    for (EncodedResource resource : resources) {
      resource.writeFrame(framing, out);
    }
  }

  /** Hands the bytes to gRPC, which copies them once, into the frame. */
  static final class Marshaller implements MethodDescriptor.Marshaller<Response> {
    @Override
    public InputStream stream(Response value) {
      return new Bytes(value);
    }

    @Override
    public Response parse(InputStream stream) {
      throw new UnsupportedOperationException("a server receives no responses");
    }
  }

  /** Drained by the network transports; read, through a copy, by the in-process one. */
  private static final class Bytes extends InputStream implements Drainable, KnownLength {
    private final Response response;
    private byte[] copy = new byte[0];
    private int remaining;

    Bytes(Response response) {
      this.response = response;
      this.remaining = response.size();
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      int drained = remaining;
      if (copy.length == 0) {
        response.writeTo(target);
      } else {
        target.write(copy, copy.length - remaining, remaining);
      }
      remaining = 0;
      return drained;
    }

    @Override
    public int available() {
      return remaining;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (remaining == 0) {
        return -1;
      }
      if (copy.length == 0) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(remaining);
        response.writeTo(bytes);
        copy = bytes.toByteArray();
      }
      int count = Math.min(length, remaining);
      System.arraycopy(copy, copy.length - remaining, target, offset, count);
      remaining -= count;
      return count;
    }
  }
}
