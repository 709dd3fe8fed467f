// A static multicast routing protocol in C#: forwards GROUP from one interface to another until
// its standard input ends. Example.exe UPSTREAM-INDEX DOWNSTREAM-INDEX GROUP, with
// MGM_FORWARDER=linux in the kernel.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Runtime.InteropServices;

/// What mgm.h declares, as far as it is used here.
static class Mgm
{
    // rtm.dll on Windows.
    const string Library = "librtm.so.1";

    public const uint NoError = 0;
    public const uint JoinState = 1;

    // Delegates are called with the convention of mgm.h, the platform's own.
    public delegate uint RpfCallback(uint source, uint sourceMask, uint group, uint groupMask, ref uint inIf,
        ref uint inNextHop, ref uint upstream, uint size, IntPtr header, IntPtr route);

    public delegate uint CreationCallback(uint source, uint sourceMask, uint group, uint groupMask, uint inIf,
        uint inNextHop, uint count, IntPtr list);

    [StructLayout(LayoutKind.Sequential)]
    public struct IfEntry
    {
        public uint Index, NextHop;
        public int Igmp, Enabled;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct Config
    {
        public uint Flags;
        public RpfCallback Rpf;
        public CreationCallback Creation;
        public IntPtr Prune, Join, WrongIf, LocalJoin, LocalLeave, DisableIgmp, EnableIgmp;
    }

    [DllImport(Library)]
    public static extern uint MgmRegisterMProtocol(ref Config config, uint id, uint component, out IntPtr protocol);
    [DllImport(Library)]
    public static extern uint MgmDeRegisterMProtocol(IntPtr protocol);
    [DllImport(Library)]
    public static extern uint MgmTakeInterfaceOwnership(IntPtr protocol, uint index, uint nextHop);
    [DllImport(Library)]
    public static extern uint MgmReleaseInterfaceOwnership(IntPtr protocol, uint index, uint nextHop);
    [DllImport(Library)]
    public static extern uint MgmAddGroupMembershipEntry(IntPtr protocol, uint source, uint sourceMask, uint group,
        uint groupMask, uint index, uint nextHop, uint flags);

    /// PROTOCOL_ID of type PROTO_TYPE_MCAST and vendor PROTO_VENDOR_MS1.
    public static uint ProtocolId(ushort protocol)
    {
        return 0x41370000u | protocol;
    }

    /// Addresses are in network byte order: their bytes lie in memory as they are written.
    public static uint ToNetwork(IPAddress address)
    {
        return BitConverter.ToUInt32(address.GetAddressBytes(), 0);
    }

    public static IPAddress FromNetwork(uint number)
    {
        return new IPAddress(BitConverter.GetBytes(number));
    }

    public static void Check(string what, uint code)
    {
        if (code != NoError)
            throw new Exception(what + ": error " + code);
    }
}

static class Example
{
    // The library keeps their addresses: they must not be collected while the protocol is registered.
    static readonly Mgm.RpfCallback rpf = Rpf;
    static readonly Mgm.CreationCallback creation = Creation;

    static uint Rpf(uint source, uint sourceMask, uint group, uint groupMask, ref uint inIf, ref uint inNextHop,
        ref uint upstream, uint size, IntPtr header, IntPtr route)
    {
        uint index = inIf;
        return Guarded("rpf", () =>
            Console.WriteLine("rpf {0} {1} in {2}", Mgm.FromNetwork(source), Mgm.FromNetwork(group), index));
    }

    static uint Creation(uint source, uint sourceMask, uint group, uint groupMask, uint inIf, uint inNextHop,
        uint count, IntPtr list)
    {
        return Guarded("creation", () =>
        {
            var found = new List<uint>();
            for (int i = 0; i < count; i++)
            {
                IntPtr at = IntPtr.Add(list, i * Marshal.SizeOf(typeof(Mgm.IfEntry)));
                found.Add(((Mgm.IfEntry)Marshal.PtrToStructure(at, typeof(Mgm.IfEntry))).Index);
            }
            Console.WriteLine("creation {0} {1} out [{2}]", Mgm.FromNetwork(source), Mgm.FromNetwork(group),
                string.Join(" ", found));
        });
    }

    /// No exception may reach the manager: a callback that throws is as one that does nothing.
    static uint Guarded(string callback, Action body)
    {
        try
        {
            body();
        }
        catch (Exception error)
        {
            Console.Error.WriteLine("exception in the callback {0}: {1}", callback, error);
        }
        return Mgm.NoError;
    }

    [DllImport("libc")]
    static extern void _exit(int code);

    static int Main(string[] arguments)
    {
        int code = Start(arguments);
        // Mono 6.8 may wait for good when it shuts down while a native thread that has run a
        // callback comes to its end. The protocol is deregistered: nothing is left to do.
        Console.Out.Flush();
        if (Type.GetType("Mono.Runtime") != null)
            _exit(code);
        return code;
    }

    static int Start(string[] arguments)
    {
        if (arguments.Length != 3)
        {
            Console.Error.WriteLine("usage: Example.exe UPSTREAM-INDEX DOWNSTREAM-INDEX GROUP");
            return 2;
        }
        try
        {
            Run(uint.Parse(arguments[0]), uint.Parse(arguments[1]), IPAddress.Parse(arguments[2]));
            return 0;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }

    static void Run(uint upstream, uint downstream, IPAddress group)
    {
        var config = new Mgm.Config { Rpf = rpf, Creation = creation };
        IntPtr protocol;
        Mgm.Check("register", Mgm.MgmRegisterMProtocol(ref config, Mgm.ProtocolId(100), 1, out protocol));
        var taken = new List<uint>();
        try
        {
            foreach (uint index in new[] { upstream, downstream })
            {
                Mgm.Check("take", Mgm.MgmTakeInterfaceOwnership(protocol, index, 0));
                taken.Add(index);
            }
            Mgm.Check("join", Mgm.MgmAddGroupMembershipEntry(protocol, 0, 0, Mgm.ToNetwork(group), 0xFFFFFFFF,
                downstream, 0, Mgm.JoinState));
            Console.WriteLine("ready");
            new StreamReader(Console.OpenStandardInput()).ReadToEnd();
        }
        finally
        {
            foreach (uint index in taken)
                Mgm.MgmReleaseInterfaceOwnership(protocol, index, 0);
            Mgm.Check("deregister", Mgm.MgmDeRegisterMProtocol(protocol));
        }
    }
}
