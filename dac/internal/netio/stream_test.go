// SPDX-License-Identifier: Apache-2.0

package netio

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	local  = netip.MustParseAddrPort("192.0.2.9:2083")
	remote = netip.MustParseAddrPort("192.0.2.1:40000")
)

// A fakeStream is a PacketStream of functions.
type fakeStream struct {
	read   func(into [][]byte) ([][]byte, error)
	write  func(packets [][]byte) (int, error)
	closed int
}

func (f *fakeStream) ReadPackets(into [][]byte) ([][]byte, error)    { return f.read(into) }
func (f *fakeStream) WritePackets(packets [][]byte) (n int, _ error) { return f.write(packets) }
func (f *fakeStream) Close() error                                   { f.closed++; return nil }

func out(octets ...string) (all []Outgoing) {
	for _, o := range octets {
		all = append(all, Outgoing{Octets: []byte(o)})
	}
	return all
}

func TestAStreamGivesWhatWasReadInBatches(t *testing.T) {
	var packets [][]byte
	for i := range MaxBatch + 3 {
		packets = append(packets, []byte{byte(i)})
	}
	reads := 0
	s := NewStream(&fakeStream{read: func(into [][]byte) ([][]byte, error) {
		if reads++; reads > 1 {
			return nil, io.EOF
		}
		return append(into[:0], packets...), nil
	}}, local, remote)
	next := 0
	for _, want := range []int{MaxBatch, 3} {
		ds, err := s.Read()
		require.NoError(t, err)
		require.Len(t, ds, want)
		for _, d := range ds {
			require.Equal(t, []byte{byte(next)}, d.Octets)
			require.Equal(t, remote, d.Remote)
			require.Same(t, s, d.Socket)
			next++
		}
	}
	_, err := s.Read()
	require.ErrorIs(t, err, io.EOF)
}

func TestAStreamThatIsAbortedGivesNothingMore(t *testing.T) {
	s := NewStream(&fakeStream{read: func(into [][]byte) ([][]byte, error) { return make([][]byte, 2*MaxBatch), nil }}, local, remote)
	_, err := s.Read()
	require.NoError(t, err)
	require.NoError(t, s.Abort())
	_, err = s.Read()
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestAWriteToAStreamDoesNotWaitAndCloseDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		f := &fakeStream{write: func(packets [][]byte) (int, error) {
			time.Sleep(time.Second)
			got = append(got, string(packets[0]))
			return 1, nil // one by one
		}}
		s := NewStream(f, local, remote)
		began := time.Now()
		s.Write(out("one", "two"))
		s.Write(out("three"))
		require.Zero(t, time.Since(began))
		require.NoError(t, s.Close())
		require.Equal(t, 3*time.Second, time.Since(began))
		require.Equal(t, []string{"one", "two", "three"}, got)
		require.Equal(t, 1, f.closed)
	})
}

func TestAStreamKeepsABoundedNumberOfOctets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan bool)
		written := 0
		s := NewStream(&fakeStream{write: func(packets [][]byte) (int, error) {
			<-release
			written += len(packets)
			return len(packets), nil
		}}, local, remote)
		one := string(make([]byte, 4096))
		s.Write(out(one))
		synctest.Wait() // which is being sent
		kept := 0
		for range 100 {
			o := out(one)
			s.Write(o)
			if o[0].Err == nil {
				kept++
			} else {
				require.ErrorIs(t, o[0].Err, ErrUnsent)
			}
		}
		require.Equal(t, MaxUnsent/4096, kept)
		close(release)
		require.NoError(t, s.Close())
		require.Equal(t, 1+kept, written)
	})
}

func TestCloseOfAStreamDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan bool)
		s := NewStream(&fakeStream{write: func(packets [][]byte) (int, error) { <-release; return 0, io.EOF }}, local, remote)
		s.Write(out("one"))
		began := time.Now()
		require.NoError(t, s.Close())
		require.Equal(t, closeWait, time.Since(began))
		close(release)
	})
}

func TestAStreamSurvivesItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, fault := range map[string]func(){"panic": func() { panic("of the host") }, "Goexit": runtime.Goexit, "nothing": func() {}} {
			s := NewStream(&fakeStream{
				read:  func(into [][]byte) ([][]byte, error) { fault(); return nil, errors.New("gone") },
				write: func(packets [][]byte) (int, error) { fault(); return 0, nil },
			}, local, remote)
			s.Write(out("one"))
			synctest.Wait()
			o := out("two")
			s.Write(o)
			assert.Error(t, o[0].Err, name)
			done := make(chan bool)
			go func() {
				defer close(done)
				_, err := s.Read()
				assert.Error(t, err, name)
			}()
			<-done
			_, err := s.Read()
			assert.Error(t, err, name)
			require.NoError(t, s.Close(), name)
		}
	})
}
