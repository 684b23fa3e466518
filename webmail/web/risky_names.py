"""Files that can run programs when they are opened: they take two clicks to save (T32)."""

_SUFFIXES = frozenset(
    """
    ade adp apk app application appref-ms appx asp aspx bash bat cab chm cmd com command cpl
    csh deb desktop diagcab dll dmg docm dotm elf exe gadget grp hlp hta htm html img inf ins
    inx iqy iso isp jar jnlp job js jse ksh library-ms lnk mad maf mam maq mar mas mat mau mav
    maw mda mdb mde mdt mdw mdz mht mhtml mjs msc msh msi msix msp mst one onepkg ops osd pcd php
    pif pkg pl plg potm ppam ppsm pptm prf prg ps1 ps1xml ps2 psc1 psd1 psm1 py pyc pyw pyz rb rdp
    reg rpm run scf scr sct search-ms settingcontent-ms sh shb shs shtml slk svg svgz swf sys theme
    udl url vb vbe vbp vbs vhd vhdx vsmacros vsw vxd website wim workflow ws wsc wsf wsh xbap
    xht xhtml xll xlam xlsm xltm xml xnk xpi xsl zsh
    """.split()  # noqa: SIM905  words to read
)


def can_run(name: str) -> bool:
    """Judged by what the file will be called once it is saved."""
    suffix = name.rstrip(". ").rpartition(".")[2].lower()
    return "." in name and suffix in _SUFFIXES
