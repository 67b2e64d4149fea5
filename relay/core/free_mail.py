"""Mail providers where anyone can open a mailbox: their domains identify no company."""

from typing import Final

_DOMAINS: Final = """
gmail.com googlemail.com
outlook.com outlook.at outlook.be outlook.cl outlook.co.id outlook.co.th outlook.com.ar outlook.com.au
outlook.com.br outlook.com.gr outlook.com.tr outlook.com.vn outlook.cz outlook.de outlook.dk outlook.es
outlook.fr outlook.hu outlook.ie outlook.in outlook.it outlook.jp outlook.kr outlook.lv outlook.my outlook.ph
outlook.pt outlook.sa outlook.sg outlook.sk
hotmail.com hotmail.at hotmail.be hotmail.ca hotmail.ch hotmail.cl hotmail.co.id hotmail.co.il hotmail.co.jp
hotmail.co.kr hotmail.co.nz hotmail.co.th hotmail.co.uk hotmail.co.za hotmail.com.ar hotmail.com.au
hotmail.com.br hotmail.com.hk hotmail.com.mx hotmail.com.tr hotmail.com.tw hotmail.cz hotmail.de hotmail.dk
hotmail.es hotmail.fi hotmail.fr hotmail.gr hotmail.hu hotmail.it hotmail.nl hotmail.no hotmail.pt hotmail.rs
hotmail.se hotmail.sg hotmail.sk
live.com live.at live.be live.ca live.cl live.cn live.co.uk live.co.za live.com.ar live.com.au live.com.mx
live.com.my live.com.pt live.com.sg live.de live.dk live.fi live.fr live.hk live.ie live.in live.it live.jp
live.nl live.no live.ru live.se
msn.com passport.com windowslive.com
yahoo.com yahoo.at yahoo.be yahoo.bg yahoo.ca yahoo.ch yahoo.cl yahoo.cn yahoo.co.id yahoo.co.il yahoo.co.in
yahoo.co.jp yahoo.co.kr yahoo.co.nz yahoo.co.th yahoo.co.uk yahoo.co.za yahoo.com.ar yahoo.com.au yahoo.com.br
yahoo.com.cn yahoo.com.co yahoo.com.hk yahoo.com.mx yahoo.com.my yahoo.com.pe yahoo.com.ph yahoo.com.sg
yahoo.com.tr yahoo.com.tw yahoo.com.ve yahoo.com.vn yahoo.cz yahoo.de yahoo.dk yahoo.es yahoo.fi yahoo.fr
yahoo.gr yahoo.hu yahoo.ie yahoo.in yahoo.it yahoo.nl yahoo.no yahoo.pl yahoo.pt yahoo.ro yahoo.se
ymail.com rocketmail.com myyahoo.com
icloud.com me.com mac.com
aol.com aol.co.uk aol.de aol.fr aol.it aim.com love.com verizon.net
proton.me protonmail.com protonmail.ch pm.me
tutanota.com tutanota.de tutamail.com tuta.com tuta.io keemail.me
zoho.com zohomail.com zohomail.eu zohomail.in
fastmail.com fastmail.fm fastmail.net hey.com duck.com hushmail.com hush.com mailfence.com
posteo.de posteo.net mailbox.org disroot.org riseup.net runbox.com startmail.com
mail.com email.com usa.com europe.com consultant.com inbox.com gmx.com gmx.us
gmx.at gmx.ch gmx.de gmx.net gmx.fr web.de t-online.de freenet.de arcor.de online.de 1und1.de
bluewin.ch hispeed.ch sunrise.ch chello.at aon.at
orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr club-internet.fr
libero.it virgilio.it alice.it tin.it tiscali.it email.it iol.it inwind.it
btinternet.com virginmedia.com sky.com talktalk.net ntlworld.com blueyonder.co.uk tiscali.co.uk
skynet.be telenet.be proximus.be ziggo.nl kpnmail.nl planet.nl xs4all.nl home.nl hetnet.nl casema.nl
telia.com comhem.se bredband.net online.no frisurf.no mail.dk jubii.dk luukku.com suomi24.fi
telefonica.net terra.es ono.com sapo.pt clix.pt netcabo.pt
wp.pl onet.pl onet.eu o2.pl interia.pl interia.eu gazeta.pl op.pl tlen.pl poczta.onet.pl
seznam.cz centrum.cz email.cz post.cz volny.cz azet.sk zoznam.sk centrum.sk
freemail.hu citromail.hu indamail.hu abv.bg mail.bg dir.bg
otenet.gr in.gr walla.co.il walla.com netvision.net.il bezeqint.net
mail.ru bk.ru inbox.ru list.ru internet.ru yandex.ru yandex.com yandex.by yandex.kz ya.ru rambler.ru
ukr.net i.ua meta.ua bigmir.net inbox.lv mail.ee
comcast.net xfinity.com att.net sbcglobal.net bellsouth.net cox.net charter.net spectrum.net
earthlink.net mindspring.com juno.com netzero.net netzero.com optonline.net frontier.com frontiernet.net
windstream.net centurylink.net q.com roadrunner.com rr.com lycos.com excite.com netscape.net
rogers.com shaw.ca sympatico.ca bell.net telus.net videotron.ca cogeco.ca
uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com r7.com oi.com.br
prodigy.net.mx fibertel.com.ar arnet.com.ar speedy.com.ar ciudad.com.ar
bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au ozemail.com.au xtra.co.nz
rediffmail.com indiatimes.com sify.com
qq.com vip.qq.com foxmail.com 163.com 126.com yeah.net vip.163.com sina.com sina.cn vip.sina.com sohu.com
aliyun.com 139.com 189.cn 21cn.com tom.com
naver.com hanmail.net daum.net nate.com kakao.com
docomo.ne.jp ezweb.ne.jp softbank.ne.jp i.softbank.jp nifty.com biglobe.ne.jp
hinet.net pchome.com.tw netvigator.com singnet.com.sg
mailinator.com guerrillamail.com yopmail.com 10minutemail.com temp-mail.org sharklasers.com trashmail.com
"""

FREE_MAIL: Final = frozenset(_DOMAINS.split())
