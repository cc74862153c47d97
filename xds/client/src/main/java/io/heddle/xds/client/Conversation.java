package io.heddle.xds.client;

import io.grpc.MethodDescriptor;

/**
 * One variant of the protocol, spoken over one stream; a new stream starts a new conversation, so
 * that nonces and subscriptions are never carried over. Owned by the client's thread.
 *
 * @param <Q> the request message
 * @param <R> the response message
 */
sealed interface Conversation<Q, R> permits DeltaConversation, SotwConversation {

  MethodDescriptor<Q, R> method();

  /** Says what has changed in the subscriptions since it was last said; all of it at first. */
  void say(Outlet<Q> out);

  /** Takes a response and answers it. */
  void answer(R response, Outlet<Q> out);

  /** The way to the control plane. */
  interface Outlet<Q> {
    void send(Q request);

    /** Ends the stream in order to open another at once. */
    void restart(String why);
  }
}
