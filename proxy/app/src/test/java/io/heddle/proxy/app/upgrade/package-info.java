/** Tests of the conversation between two processes of one proxy. */
@org.jspecify.annotations.NullMarked
package io.heddle.proxy.app.upgrade;
