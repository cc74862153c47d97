package io.heddle.proxy.app.admin;

import com.google.gson.stream.JsonWriter;
import io.heddle.proxy.engine.Engine;
import io.heddle.proxy.engine.ListenerView;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;

/** {@code /listeners}: where the proxy listens, as text or {@code format=json}. */
public final class ListenersPage implements AdminPage {
  private final Engine engine;

  public ListenersPage(Engine engine) {
    this.engine = engine;
  }

  @Override
  public AdminResponse answer(AdminRequest request) {
    return request.value("format").orElse("text").equals("json")
        ? AdminResponse.json(json())
        : AdminResponse.text(200, text());
  }

  private String text() {
    StringBuilder out = new StringBuilder();
    for (ListenerView listener : engine.listeners()) {
      if (listener.address().isPresent()) {
        out.append(listener.name()).append("::");
        out.append(shown(listener.address().get())).append('\n');
      }
    }
    return out.toString();
  }

  private String json() {
    StringWriter text = new StringWriter();
    try (JsonWriter out = new JsonWriter(text)) {
      out.beginObject().name("listener_statuses").beginArray();
      for (ListenerView listener : engine.listeners()) {
        if (listener.address().isPresent()) {
          InetSocketAddress address = listener.address().get();
          out.beginObject().name("name").value(listener.name());
          out.name("local_address").beginObject();
          if (address.isUnresolved()) {
            out.name("pipe").beginObject().name("path").value(address.getHostString());
          } else {
            out.name("socket_address").beginObject();
            out.name("address").value(address.getAddress().getHostAddress());
            out.name("port_value").value(address.getPort());
          }
          out.endObject().endObject().endObject();
        }
      }
      out.endArray().endObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  /** {@code address:port}; the path of a unix socket. */
  static String shown(InetSocketAddress address) {
    if (address.isUnresolved()) {
      return address.getHostString();
    }
    String host = address.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
  }
}
