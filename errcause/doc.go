// SPDX-License-Identifier: Apache-2.0

// Package errcause holds the values of the Error-Cause attribute (101) of RFC 5176, section 3.5, as
// Go errors.
//
// A NAS that refuses a Disconnect-Request or a CoA-Request says why in one number. Here that number
// is an error, so a refusal is written and read like any other Go error:
//
//	// on the NAS
//	return fmt.Errorf("subscriber %s: %w", name, errcause.SessionContextNotFound)
//
//	// on the AAA server, across the network
//	if errors.Is(err, errcause.SessionContextNotFound) {
//		return nil // it is gone, which is what was wanted
//	}
//
// The number crosses the network and the text around it does not: "subscriber ..." stays in the log
// of the NAS.
//
// # Reading a cause
//
// [errors.Is] answers whether an error is one particular cause. [Of] finds whichever cause an error
// wraps. Once there is a [Cause], [Cause.Description] says in a sentence what it means, and
// [Cause.Retryable] says whether it is worth sending the same request again, with
// [Cause.RetryReason] for the log. [Cause.Hint] says what to look at next.
//
// A peer may send any number. A Cause holds every one of them: an unregistered one prints as
// "Cause(599)", is read back from that text, and is never a reason to discard the packet that it
// came in. Some peers write the four octets in the wrong order; [Swapped] recognizes that.
//
// # Choosing a cause
//
// What is wrong with the request decides the hundreds: 4xx is the sender's fault, 5xx the
// receiver's. The usual choices of a NAS:
//
//	MissingAttribute                     nothing in the request identifies a session
//	UnsupportedAttribute                 an attribute that this NAS cannot act on
//	InvalidRequest                       an attribute that does not decode
//	InvalidAttributeValue                one that decodes and cannot be applied
//	NASIdentificationMismatch            the request names another NAS
//	SessionContextNotFound               no session is meant
//	MultipleSessionSelectionUnsupported  several are meant
//	AdministrativelyProhibited           policy forbids it
//	SessionContextNotRemovable           the session was found and cannot be ended
//	ResourcesUnavailable                 try again later
//
// [Cause.AllowedIn] says which packets may carry a cause. It knows packets and not who sends them:
// RequestNotRoutable may stand in a NAK, but only a proxy may put it there.
//
// # Success
//
// Two causes do not mean failure. [ResidualSessionContextRemoved] belongs in a Disconnect-ACK and
// says that only the remains of a session were found and cleared. [RequestInitiated] stands in a
// CoA-NAK, yet it is the wanted answer to a CoA-Request with Service-Type Authorize-Only: the NAS
// is asking for authorization anew. [Cause.Success] speaks of the number's class alone, so it is
// true for the first and false for the second.
package errcause
