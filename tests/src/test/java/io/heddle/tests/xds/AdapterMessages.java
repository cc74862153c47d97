package io.heddle.tests.xds;

import com.google.protobuf.Any;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.ExtensionRegistryLite;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The messages of {@code tests/interop/xds-harness/adapter.proto}, on the wire and off it. */
final class AdapterMessages {
  static final String SERVICE = "adapter.Adapter";

  /** The whole state of a node. */
  record SetState(String node, String version, List<Any> resources) {}

  /** One resource of a node. */
  record ResourceRequest(String node, String typeUrl, String name, String version) {}

  static final MethodDescriptor<SetState, Boolean> SET_STATE =
      method("SetState", new SetStates(), new Successes());
  static final MethodDescriptor<String, String> CLEAR_STATE =
      method("ClearState", new Texts(), new Texts());
  static final MethodDescriptor<ResourceRequest, Boolean> UPDATE =
      method("UpdateResource", new ResourceRequests(), new Successes());
  static final MethodDescriptor<ResourceRequest, Boolean> ADD =
      method("AddResource", new ResourceRequests(), new Successes());
  static final MethodDescriptor<ResourceRequest, Boolean> REMOVE =
      method("RemoveResource", new ResourceRequests(), new Successes());

  private AdapterMessages() {}

  private static <Q, S> MethodDescriptor<Q, S> method(
      String name,
      MethodDescriptor.Marshaller<Q> requests,
      MethodDescriptor.Marshaller<S> answers) {
    return MethodDescriptor.<Q, S>newBuilder(requests, answers)
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .build();
  }

  /** One kind of message: its fields by their numbers. */
  private abstract static class Marshaller<T> implements MethodDescriptor.Marshaller<T> {
    abstract void write(T value, CodedOutputStream out) throws IOException;

    abstract T read(Fields fields) throws IOException;

    @Override
    public InputStream stream(T value) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      try {
        write(value, out);
        out.flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new ByteArrayInputStream(bytes.toByteArray());
    }

    @Override
    public T parse(InputStream stream) {
      try {
        return read(new Fields(CodedInputStream.newInstance(stream.readAllBytes())));
      } catch (IOException e) {
        throw Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException();
      }
    }
  }

  /** The fields of a message that has only texts, truths, and field 3 as messages. */
  private static final class Fields {
    private final String[] texts = {"", "", "", "", ""};
    private final List<Any> resources = new ArrayList<>();
    private boolean success;

    Fields(CodedInputStream in) throws IOException {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        int number = tag >>> 3;
        int wireType = tag & 7;
        if (wireType == 2 && number < texts.length) {
          byte[] bytes = in.readByteArray();
          texts[number] = new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
          if (number == 3) {
            resource(bytes);
          }
        } else if (wireType == 0 && number == 1) {
          success = in.readBool();
        } else {
          in.skipField(tag);
        }
      }
    }

    private void resource(byte[] bytes) {
      try {
        resources.add(Any.parseFrom(bytes, ExtensionRegistryLite.getEmptyRegistry()));
      } catch (com.google.protobuf.InvalidProtocolBufferException e) {
        resources.add(Any.getDefaultInstance()); // in other messages field 3 is a text
      }
    }

    String text(int number) {
      return texts[number];
    }
  }

  private static final class SetStates extends Marshaller<SetState> {
    @Override
    void write(SetState value, CodedOutputStream out) throws IOException {
      out.writeString(1, value.node());
      out.writeString(2, value.version());
      for (Any resource : value.resources()) {
        out.writeMessage(3, resource);
      }
    }

    @Override
    SetState read(Fields fields) {
      return new SetState(fields.text(1), fields.text(2), List.copyOf(fields.resources));
    }
  }

  private static final class ResourceRequests extends Marshaller<ResourceRequest> {
    @Override
    void write(ResourceRequest value, CodedOutputStream out) throws IOException {
      out.writeString(1, value.node());
      out.writeString(2, value.typeUrl());
      out.writeString(3, value.name());
      out.writeString(4, value.version());
    }

    @Override
    ResourceRequest read(Fields fields) {
      return new ResourceRequest(fields.text(1), fields.text(2), fields.text(3), fields.text(4));
    }
  }

  private static final class Texts extends Marshaller<String> {
    @Override
    void write(String value, CodedOutputStream out) throws IOException {
      out.writeString(1, value);
    }

    @Override
    String read(Fields fields) {
      return fields.text(1);
    }
  }

  private static final class Successes extends Marshaller<Boolean> {
    @Override
    void write(Boolean value, CodedOutputStream out) throws IOException {
      out.writeBool(1, value);
    }

    @Override
    Boolean read(Fields fields) {
      return fields.success;
    }
  }
}
