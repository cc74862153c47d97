import com.google.gson.Gson;
import com.google.gson.JsonObject;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.HandlerRegistry;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.xds.XdsChannelCredentials;
import io.grpc.xds.XdsServerBuilder;
import io.grpc.xds.XdsServerCredentials;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** A gRPC application without a proxy, in Java. See ../README.md for what it prints. */
public final class Peer {
  private static final MethodDescriptor.Marshaller<byte[]> RAW =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };
  private static final MethodDescriptor<byte[], byte[]> METHOD =
      MethodDescriptor.newBuilder(RAW, RAW)
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("test.Echo/Say")
          .build();

  public static void main(String[] args) throws Exception {
    if (args[0].equals("serve")) {
      serve(args[1], args[2]);
    } else {
      client();
    }
  }

  private static void serve(String address, String name) throws Exception {
    int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    XdsServerBuilder.forPort(port, XdsServerCredentials.create(InsecureServerCredentials.create()))
        .fallbackHandlerRegistry(
            new HandlerRegistry() {
              @Override
              public ServerMethodDefinition<?, ?> lookupMethod(String method, String authority) {
                return ServerMethodDefinition.create(
                    METHOD,
                    ServerCalls.asyncUnaryCall((body, observer) -> {
                      String text = new String(body, StandardCharsets.UTF_8);
                      if (text.startsWith("sleep:")) {
                        try {
                          Thread.sleep(Integer.parseInt(text.substring(6)));
                        } catch (InterruptedException e) {
                          Thread.currentThread().interrupt();
                        }
                      } else if (text.equals("fail:" + name)) {
                        observer.onError(Status.INTERNAL.withDescription("as asked").asException());
                        return;
                      }
                      observer.onNext(name.getBytes(StandardCharsets.UTF_8));
                      observer.onCompleted();
                    }));
              }
            })
        .build()
        .start()
        .awaitTermination();
  }

  private static void client() throws Exception {
    Map<String, ManagedChannel> channels = new HashMap<>();
    ExecutorService pool = Executors.newCachedThreadPool();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    Gson gson = new Gson();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonObject asked = gson.fromJson(line, JsonObject.class);
      ManagedChannel channel =
          channels.computeIfAbsent(
              asked.get("target").getAsString(),
              target ->
                  Grpc.newChannelBuilder(
                          target, XdsChannelCredentials.create(InsecureChannelCredentials.create()))
                      .build());
      Metadata headers = new Metadata();
      if (asked.has("headers") && asked.get("headers").isJsonObject()) {
        asked
            .getAsJsonObject("headers")
            .asMap()
            .forEach((key, value) ->
                headers.put(
                    Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER), value.getAsString()));
      }
      Channel with =
          ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
      byte[] body = asked.get("body").getAsString().getBytes(StandardCharsets.UTF_8);
      boolean atOnce = asked.get("atOnce").getAsBoolean();
      List<Future<String>> calls = new ArrayList<>();
      List<String> answers = new ArrayList<>();
      for (int i = 0; i < asked.get("count").getAsInt(); i++) {
        if (atOnce) {
          Thread.sleep(asked.get("apart").getAsInt());
          calls.add(pool.submit(() -> call(with, body)));
        } else {
          answers.add(call(with, body));
        }
      }
      for (Future<String> call : calls) {
        answers.add(call.get());
      }
      System.out.println(gson.toJson(answers));
    }
    System.exit(0);
  }

  private static String call(Channel channel, byte[] body) {
    try {
      byte[] reply =
          ClientCalls.blockingUnaryCall(
              channel, METHOD, CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS), body);
      return new String(reply, StandardCharsets.UTF_8);
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode() + ": " + e.getStatus().getDescription();
    }
  }
}
